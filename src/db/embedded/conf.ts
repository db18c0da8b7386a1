/**
 * The whole `postgresql.conf`, written anew at every start; an operator's own lines go into `local.conf` beside it. No paths: a home
 * may contain any character and may be moved. Port and folder come on the command line.
 */
export const POSTGRESQL_CONF = `# Written by Storyline at every start. Put your own settings into local.conf beside this file.

# Nobody but this machine; no socket file.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 50

# A Raspberry Pi: little memory, few cores, nothing to gain from parallel plans.
shared_buffers = '48MB'
effective_cache_size = '256MB'
work_mem = '4MB'
maintenance_work_mem = '32MB'
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
max_logical_replication_workers = 0
jit = off
huge_pages = off
# systemd removes a user's segments in /dev/shm at logout (RemoveIPC=yes): keep what is needed in the main segment.
min_dynamic_shared_memory = '8MB'

# An SD card: nothing turns, so that the place of a page costs nothing.
random_page_cost = 1.1
# Fewer and smaller writes, but every commit is on the disk before it is confirmed.
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = minimal
max_wal_senders = 0
wal_compression = on
min_wal_size = '32MB'
max_wal_size = '256MB'
checkpoint_timeout = '15min'
checkpoint_completion_target = 0.9

autovacuum = on
autovacuum_naptime = '5min'

# One file per weekday, overwritten a week later. Statements are left out: they may contain what nobody should read in a log.
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_rotation_age = '1d'
log_rotation_size = 0
log_truncate_on_rotation = on
log_min_messages = 'warning'
log_min_error_statement = 'panic'
log_checkpoints = off
log_line_prefix = '%m [%p] '
log_timezone = 'UTC'

timezone = 'UTC'
datestyle = 'iso, mdy'
lc_messages = 'C'
default_text_search_config = 'pg_catalog.simple'

include_if_exists = 'local.conf'
`

/** Written once; from then on it is the operator's. */
export const LOCAL_CONF =
  '# Your own PostgreSQL settings; they win over postgresql.conf from the next start of the server on.\n'
