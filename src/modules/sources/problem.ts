// The one error of files that come from elsewhere: what is wrong with the file as a whole, in plain words. What is wrong with one story is a refused line.

export class SourceError extends Error {
  override name = 'SourceError';
}
