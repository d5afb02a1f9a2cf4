// Writes times as readers of a language do, in the time zone of the newsroom. It reads no clock.

export function timesIn(locale: string, timeZone: string): (at: string) => string {
  const format = new Intl.DateTimeFormat([locale, 'en'], {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  });
  return (at) => format.format(new Date(at));
}
