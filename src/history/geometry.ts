/** Readers of the binary forms of geometric types, into Postgres' text: theirs depends on `extra_float_digits`. */

export const readPoint = (view: DataView): string => pointAt(view, 0)

export const readSegment = (view: DataView): string => `[${pointsAt(view, 0, 2)}]`

export const readBox = (view: DataView): string => pointsAt(view, 0, 2)

export const readLine = (view: DataView): string => `{${[0, 8, 16].map((at) => numberAt(view, at)).join(',')}}`

export const readCircle = (view: DataView): string => `<${pointAt(view, 0)},${numberAt(view, 16)}>`

export const readPolygon = (view: DataView): string => `(${pointsAt(view, 4, view.getInt32(0))})`

export const readPath = (view: DataView): string => {
  const points = pointsAt(view, 5, view.getInt32(1))
  return view.getInt8(0) === 0 ? `[${points}]` : `(${points})`
}

const pointsAt = (view: DataView, start: number, count: number): string =>
  Array.from({ length: count }, (_, i) => pointAt(view, start + 16 * i)).join(',')

const pointAt = (view: DataView, at: number): string => `(${numberAt(view, at)},${numberAt(view, at + 8)})`

/** The shortest decimal that is this number, with an exponent where Postgres writes one. */
const numberAt = (view: DataView, at: number): string => {
  const value = view.getFloat64(at)
  if (Object.is(value, -0)) return '-0'
  if (!Number.isFinite(value) || value === 0) return String(value)
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 15) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
