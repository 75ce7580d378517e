// Embeddings of pictures that somebody is clicking in, by the digests of their files.
import type { FloatTensor } from "./picture-network.ts";

/** Of Segment Anything one has 4 MiB. Full: the one that was used least recently goes. */
export const embeddingsKeptMax = 16;

export class EmbeddingShelf {
  /** The least recently used first. */
  readonly #embeddings = new Map<string, FloatTensor>();

  take(digest: string): FloatTensor | undefined {
    const found = this.#embeddings.get(digest);
    if (found) this.put(digest, found);
    return found;
  }

  put(digest: string, embedding: FloatTensor): void {
    this.#embeddings.delete(digest);
    this.#embeddings.set(digest, embedding);
    if (this.#embeddings.size <= embeddingsKeptMax) return;
    const [oldest] = this.#embeddings.keys();
    if (oldest !== undefined) this.#embeddings.delete(oldest);
  }
}
