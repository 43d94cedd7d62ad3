/** A row whose object is still there, so that the server could deparse it. */
export type Present<Row extends { readonly definition: string | null }> = Row & { readonly definition: string }

export const isPresent = <Row extends { readonly definition: string | null }>(row: Row): row is Present<Row> =>
  row.definition !== null
