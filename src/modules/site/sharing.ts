// Where readers share stories: the networks that take an address by a link, and that link for each. No script of a network is loaded.

/** What is shared. */
export interface Shared {
  title: string;
  url: string;
}

const link = (address: string, parameters: Record<string, string>) =>
  `${address}?${Object.entries(parameters)
    // Not URLSearchParams, whose plus signs for spaces mailto does not know (RFC 6068 section 5).
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')}`;
const both = ({ title, url }: Shared) => `${title}\n${url}`;

const INTENTS = {
  bluesky: (shared) => link('https://bsky.app/intent/compose', { text: both(shared) }),
  email: (shared) => link('mailto:', { subject: shared.title, body: both(shared) }),
  facebook: ({ url }) => link('https://www.facebook.com/sharer/sharer.php', { u: url }),
  line: ({ url }) => link('https://social-plugins.line.me/lineit/share', { url }),
  linkedin: ({ url }) => link('https://www.linkedin.com/sharing/share-offsite/', { url }),
  ok: ({ title, url }) => link('https://connect.ok.ru/offer', { url, title }),
  reddit: ({ title, url }) => link('https://www.reddit.com/submit', { url, title }),
  telegram: ({ title, url }) => link('https://t.me/share/url', { url, text: title }),
  threads: (shared) => link('https://www.threads.net/intent/post', { text: both(shared) }),
  viber: (shared) => link('viber://forward', { text: both(shared) }),
  vk: ({ title, url }) => link('https://vk.com/share.php', { url, title }),
  whatsapp: (shared) => link('https://wa.me/', { text: both(shared) }),
  x: ({ title, url }) => link('https://x.com/intent/post', { url, text: title }),
} as const satisfies Record<string, (shared: Shared) => string>;

export type Network = keyof typeof INTENTS;
export const NETWORKS = Object.keys(INTENTS) as Network[];

const isNetwork = (name: string): name is Network => Object.hasOwn(INTENTS, name);

/** Those that the newsroom chose, or else those where it is itself; Instagram and YouTube take no address by a link. */
export function shareLinks(
  shared: Shared,
  {
    shareNetworks,
    socialLinks,
  }: { shareNetworks: readonly Network[] | null; socialLinks: readonly { network: string }[] },
): { network: Network; url: string }[] {
  const present = socialLinks.map(({ network }) => (network === 'twitter' ? 'x' : network)).filter(isNetwork);
  return [...new Set(shareNetworks ?? present)].map((network) => ({ network, url: INTENTS[network](shared) }));
}
