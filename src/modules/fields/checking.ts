// Rules of custom fields that a JSON Schema cannot say: what goes together in a definition, and what stories hold against a change of it.
// It writes nothing.
import type { Db } from '../../db/client.ts';
import { invalid, Problem, type ProblemDetail } from '../../errors.ts';
import type { LocaleEntry } from '../site/schemas.ts';
import type { Field } from './schemas.ts';
import { findHolding, findHoldingAny, findHoldingBeyond, findLacking, type Stories } from './usage.ts';

type Definition = Pick<Field, 'label' | 'type' | 'choices' | 'public' | 'filterable'>;

/** @throws Problem validation_failed or unknown_locale, with a pointer to each fault */
export function checkField(
  { label, type, choices, public: isPublic, filterable }: Definition,
  locales: readonly Pick<LocaleEntry, 'tag'>[],
): void {
  const tags = Object.keys(label);
  if (tags.length === 0) throw invalid({ pointer: '/label' }, 'one language has to stay', 'last');
  const unknown = tags.flatMap((tag): ProblemDetail[] =>
    locales.some((locale) => locale.tag === tag)
      ? []
      : [
          {
            pointer: `/label/${tag}`,
            code: 'unknown',
            message: `${tag} is no locale of this newsroom (aliases are not taken here)`,
          },
        ],
  );
  if (unknown.length > 0) throw new Problem('unknown_locale', { errors: unknown.slice(0, 20) });
  if (type === 'choice' && choices.length === 0)
    throw invalid({ pointer: '/choices' }, 'is required for the type choice', 'required');
  if (type !== 'choice' && choices.length > 0)
    throw invalid({ pointer: '/choices' }, `does not go together with the type ${type}`, 'not_with_type');
  const blank = choices.findIndex((choice) => choice.trim() !== choice);
  if (blank >= 0) throw invalid({ pointer: `/choices/${blank}` }, 'must not begin or end with a blank', 'not_trimmed');
  if (filterable && type === 'text')
    throw invalid({ pointer: '/filterable' }, 'does not go together with the type text', 'not_with_type');
  if (filterable && !isPublic)
    throw invalid({ pointer: '/filterable' }, 'only a public field can be filtered by', 'internal');
}

/** @throws Problem in_use where a value stands against the change, conflict where one is missing; both name stories */
export async function checkStored(tx: Db, before: Field, after: Field): Promise<void> {
  const refuse = (member: keyof Field, code: 'in_use' | 'conflict', detail: string, { count, ids }: Stories): void => {
    if (count === 0) return;
    throw new Problem(code, {
      detail,
      errors: [{ pointer: `/${member}`, code, message: `${count} stories stand against it` }],
      extra: { stories: { count, ids } },
    });
  };
  for (const member of ['type', 'localised'] as const) {
    if (before[member] !== after[member])
      refuse(member, 'in_use', 'Stories hold values of this field.', await findHolding(tx, before));
  }
  const gone = before.choices.filter((choice) => !after.choices.includes(choice));
  if (gone.length > 0)
    refuse(
      'choices',
      'in_use',
      'Stories hold a choice that would be taken away.',
      await findHoldingAny(tx, before, gone),
    );
  const isNarrower = after.kinds.length > 0 && !(before.kinds.length > 0 && isWithin(before.kinds, after.kinds));
  if (isNarrower)
    refuse('kinds', 'in_use', 'Stories of other kinds hold values of this field.', await findHoldingBeyond(tx, after));
  const isWider = !(after.kinds.length > 0 && isWithin(after.kinds, before.kinds)) && before.kinds.length > 0;
  if (after.required && (!before.required || isWider))
    refuse(
      before.required ? 'kinds' : 'required',
      'conflict',
      'Stories are public, or scheduled, without a value of this field.',
      await findLacking(tx, after),
    );
}

const isWithin = (these: readonly string[], those: readonly string[]) => these.every((kind) => those.includes(kind));
