/** The yardstick of the tick: one postgres.js connection, one query, end. The connection string is the argument. */
import postgres from 'postgres'

const sql = postgres(process.argv[2], { max: 1 })
await sql`select 1`
await sql.end()
