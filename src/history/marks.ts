/** What migrations write for those who read histories. */

/** Stands for the address in transactions that gave rows their first versions later than they were made. */
export const backfillMark = 'backfill'

/** Begins the comment of a column that a version table got later than its first ones; an id and a full stop follow. */
export const heldSince = 'Held since transaction'
