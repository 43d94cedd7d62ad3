/** Waits for work; when the signal aborts, rejects with its reason at once, and the work goes on unattended. */
export const leaveOnAbort = async <T>(signal: AbortSignal | undefined, begin: () => Promise<T>): Promise<T> => {
  if (!signal) return begin()
  signal.throwIfAborted()
  const { aborted, forget } = awaitAbort(signal)
  try {
    return await Promise.race([begin(), aborted])
  } finally {
    forget()
  }
}

/** The same for a loop: what it has open is closed behind the caller's back. */
export async function* leaveLoopOnAbort<T>(
  signal: AbortSignal | undefined,
  items: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  if (!signal) return yield* items
  let left = true
  try {
    while (true) {
      const { done, value } = await leaveOnAbort(signal, () => items.next())
      if (done) break
      yield value as T
    }
    left = false
  } finally {
    if (left) {
      const closed = items.return()
      // It may have to wait for the very statement that was left; a connection that it cannot clean, it closes.
      if (signal.aborted) closed.catch(ignore)
      else await closed
    }
  }
}

/**
 * Waits for a statement; when the signal aborts, asks the server to stop it, and rejects with the signal's reason once the
 * server has let go of it. By then no request to stop is under way, which might hit the next statement.
 *
 * @param cancel rejects when the server cannot be asked: the statement is then left to itself
 */
export const cancelOnAbort = async <T>(
  signal: AbortSignal,
  statement: Promise<T>,
  cancel: (isOver: () => boolean) => Promise<unknown>,
): Promise<T> => {
  const { aborted, forget } = awaitAbort(signal)
  let over = false
  statement.then(
    () => (over = true),
    () => (over = true),
  )
  let cancelling: Promise<unknown> | undefined
  const unstoppable = aborted.catch((reason: unknown) => {
    cancelling = cancel(() => over)
    return cancelling.then(
      () => statement,
      () => Promise.reject(reason),
    )
  })
  try {
    const result = await Promise.race([statement, unstoppable])
    if (cancelling) throw signal.reason
    return result
  } catch (error) {
    if (!cancelling) throw error
    await cancelling.catch(ignore)
    throw signal.reason
  } finally {
    forget()
  }
}

/** Waits a little, or until the statement is over. */
export const soon = async (statement: Promise<unknown>): Promise<void> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([statement.catch(ignore), new Promise((resolve) => (timer = setTimeout(resolve, 50)))])
  clearTimeout(timer)
}

/** A promise that rejects when the signal aborts. */
const awaitAbort = (signal: AbortSignal): { readonly aborted: Promise<never>; readonly forget: () => void } => {
  let onAbort = ignore
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  return { aborted, forget: () => signal.removeEventListener('abort', onAbort) }
}

const ignore = (): void => {}
