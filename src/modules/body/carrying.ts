// A body as it can stand on another site: addresses that are relative to the newsroom's become whole. It changes nothing else.
import type { PortableText } from './schemas.ts';

export function carriedOut(body: PortableText, baseUrl: string): PortableText {
  const home = baseUrl.replace(/\/*$/, '/');
  const whole = (address: string): string =>
    // A place in the text itself goes along with the text.
    address.startsWith('#') || URL.canParse(address) ? address : (URL.parse(address, home)?.href ?? address);
  return body.map((block) => {
    if (block._type === 'image') return { ...block, src: whole(block.src) };
    if (block._type !== 'block') return block;
    return { ...block, markDefs: block.markDefs.map((link) => ({ ...link, href: whole(link.href) })) };
  });
}
