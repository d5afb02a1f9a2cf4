// Examples of the OpenAPI document for pictures: one invented photograph.
import type { DeskMedia, Image, Media, MediaInput, MediaPatch } from './schemas.ts';

const file = {
  url: 'https://media.example.org/2026/mountain-line.jpg',
  mimeType: 'image/jpeg',
  width: 2400,
  height: 1600,
};
const english = {
  alt: 'A red train on a stone viaduct, seen from below',
  caption: 'The first train crosses the old viaduct.',
  credit: 'Lusik Verdyan / Four Winds Courier',
};
const focalPoint = { x: 0.62, y: 0.4 };

export const image: Image = {
  id: '01980a2e-0004-7000-8000-000000000004',
  ...file,
  bytes: 812_345,
  ...english,
  focalPoint,
};
export const desk: DeskMedia = {
  id: image.id,
  type: 'image',
  ...file,
  bytes: 812_345,
  focalPoint,
  texts: {
    en: english,
    ru: { alt: 'Красный поезд на каменном виадуке, вид снизу', caption: null, credit: 'Лусик Вердян' },
  },
  version: 1,
  createdAt: '2026-05-26T11:40:00.000Z',
  updatedAt: '2026-05-26T11:40:00.000Z',
};
export const media: Media = {
  ...image,
  type: 'image',
  locale: 'en',
  translations: Object.entries(desk.texts).map(([locale, texts]) => ({ locale, ...texts })),
};
export const input: MediaInput = { ...file, bytes: 812_345, focalPoint, texts: { en: english } };
export const patch: MediaPatch = { texts: { en: { caption: 'The first train in eleven years crosses the viaduct.' } } };
