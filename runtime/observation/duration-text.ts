// Lengths and sizes as people read them.

/** `0 ms`, `0.042 ms`, `12.3 ms`, `1.23 s`, `4 min 5 s`, `3 h 20 min`. */
export function durationText(ms: number): string {
  if (ms < 10) return `${Number(ms.toFixed(3))} ms`;
  if (ms < 1_000) return `${Number(ms.toFixed(1))} ms`;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${Number(seconds.toFixed(2))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `512 B`, `12 KiB`, `3.4 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Number((bytes / 1024).toFixed(1))} KiB`;
  if (bytes < 1024 ** 3) return `${Number((bytes / 1024 ** 2).toFixed(1))} MiB`;
  return `${Number((bytes / 1024 ** 3).toFixed(1))} GiB`;
}
