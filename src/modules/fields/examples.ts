// Examples of custom fields for the OpenAPI document.
import type { Field, FieldInput, FieldPatch } from './schemas.ts';

export const field: Field = {
  id: '01980a2e-0009-7000-8000-000000000009',
  key: 'season',
  label: { en: 'Season', ru: 'Время года' },
  type: 'choice',
  choices: ['spring', 'summer', 'autumn', 'winter'],
  kinds: ['news', 'gallery'],
  localised: false,
  required: false,
  public: true,
  filterable: true,
  position: 1,
  version: 1,
  createdAt: '2026-05-26T10:00:00.000Z',
  updatedAt: '2026-05-26T10:00:00.000Z',
};
export const fieldInput: FieldInput = {
  key: 'season',
  label: { en: 'Season' },
  type: 'choice',
  choices: ['spring', 'summer', 'autumn', 'winter'],
  kinds: ['news', 'gallery'],
  filterable: true,
};
export const fieldPatch: FieldPatch = { label: { en: 'Time of the year' }, position: 2 };
