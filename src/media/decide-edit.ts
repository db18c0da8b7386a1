import { cleanTags } from './metadata.ts'
import { EDITABLE, type EditableField } from './revise.ts'

/** What `edit-media` can change of an item. */
export interface EditableValues {
  title: string | null
  linkUrl: string | null
  caption: string | null
  tags: string[]
  requiresInteraction: boolean
}

export interface Edit {
  /** Fields and what they shall be. */
  set: Partial<EditableValues>
  addTags: readonly string[]
  removeTags: readonly string[]
  /** Forget all earlier edits: the metadata files decide again at the next index. */
  reset: boolean
}

export interface FieldChange {
  field: EditableField
  from: EditableValues[keyof EditableValues]
  to: EditableValues[keyof EditableValues]
}

export interface EditPlan {
  values: EditableValues
  /** Fields that metadata files no longer change, in a fixed order. */
  editedFields: EditableField[]
  changes: FieldChange[]
}

/** What an edit makes of an item. A field that is set to what it already is belongs to the editor from then on. */
export function decideEdit(current: EditableValues & { editedFields: readonly string[] }, edit: Edit): EditPlan {
  const values: EditableValues = { ...current, ...edit.set }
  const changesTags = edit.set.tags !== undefined || edit.addTags.length > 0 || edit.removeTags.length > 0
  if (changesTags) {
    const removed = new Set(cleanTags(edit.removeTags))
    values.tags = cleanTags([...values.tags, ...edit.addTags]).filter((tag) => !removed.has(tag))
  }
  const fields = Object.keys(EDITABLE) as EditableField[]
  const isEdited = (field: EditableField) =>
    edit.set[EDITABLE[field]] !== undefined || (field === 'tags' && changesTags)
  const wasEdited = (field: EditableField) => !edit.reset && current.editedFields.includes(field)
  return {
    values: pick(values),
    editedFields: fields.filter((field) => isEdited(field) || wasEdited(field)),
    changes: fields
      .map((field) => ({ field, from: current[EDITABLE[field]], to: values[EDITABLE[field]] }))
      .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to)),
  }
}

function pick({ title, linkUrl, caption, tags, requiresInteraction }: EditableValues): EditableValues {
  return { title, linkUrl, caption, tags, requiresInteraction }
}
