// What of a list is asked for: its bounds, its order, and the place to go on from. It asks nothing itself.

export interface Bounds {
  publishedAfter: string | null;
  publishedBefore: string | null;
  updatedAfter: string | null;
  ids: string[] | null;
  excludeIds: string[] | null;
}
export interface Position {
  /** Milliseconds since 1970. */
  at: number;
  id: string;
}
export interface PageRequest {
  by: 'publishedAt' | 'updatedAt';
  /** Direction of the walk. */
  descending: boolean;
  /** Go on behind this story. */
  after: Position | null;
  limit: number;
  /** Walk against the order, towards the start; the answer stands in the order all the same. */
  backward: boolean;
  /** Bounds of the other time are asked for, too: which list is then the shorter walk, only their values tell. */
  isBoundAcross: boolean;
  /** The text of each row: the card, or the document where body fields are asked for. */
  text: 'card' | 'document';
}
