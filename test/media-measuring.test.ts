// What a picture is, and how large, is told by its bytes alone: what is none, or too much of one, is refused whatever it is called (G45, G63).
import { test } from 'tap';
import { measurePicture } from '../src/modules/media/measuring.ts';
import { avif, gif, jpeg, png, webp } from './fixtures/pictures.ts';

const reasonFor = (bytes: Uint8Array): string => {
  try {
    return JSON.stringify(measurePicture(bytes));
  } catch (error) {
    return (error as Error).message;
  }
};

test('JPEG, PNG, GIF, WebP and AVIF are told by their bytes, with both sides', async (t) => {
  const all = {
    jpg: jpeg(640, 480),
    png: png(640, 480),
    gif: gif(640, 480),
    webp: webp(640, 480),
    avif: avif(640, 480),
  };
  for (const [extension, bytes] of Object.entries(all)) {
    const mimeType = `image/${extension === 'jpg' ? 'jpeg' : extension}`;
    t.same(measurePicture(bytes), { extension, mimeType, width: 640, height: 480 }, extension);
  }
});

test('a picture that lies on its side has the sides that are seen', async (t) => {
  for (const orientation of [1, 3, 4])
    t.match(measurePicture(jpeg(640, 480, orientation)), { width: 640, height: 480 });
  for (const orientation of [5, 6, 8])
    t.match(measurePicture(jpeg(640, 480, orientation)), { width: 480, height: 640 });
});

test('SVG, HTML and all that is no picture is refused, also behind white space and with the name of one', async (t) => {
  const others = [
    '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><script>alert(1)</script></svg>',
    '<?xml version="1.0"?><svg width="1" height="1"/>',
    '  <!doctype html><script>alert(1)</script>',
    '<html>',
    '%PDF-1.7',
    'BM',
    'II*\0',
    'picture.png',
    '',
  ];
  for (const text of others)
    t.match(reasonFor(Buffer.from(text)), /no JPEG, PNG, GIF, WebP or AVIF/, JSON.stringify(text));
  t.match(reasonFor(avif(1, 1, 'heic')), /no JPEG/);
});

test('what does not say how large it is, or is larger than anybody can show, is refused', async (t) => {
  for (const bytes of [png(0, 5), gif(5, 0), jpeg(5, 5).subarray(0, 12), Buffer.from([0xff, 0xd8, 0xff, 0xe0])])
    t.match(reasonFor(bytes), /does not say how large/);
  t.match(reasonFor(png(50_000, 50_000)), /50000 by 50000 pixels; 100000000 are the most/);
  t.match(reasonFor(png(0xffffffff, 0xffffffff)), /pixels/);
  t.match(reasonFor(png(10_000, 10_000)), /"width":10000/);
});

test('no cut and no change of a byte makes it throw anything but a refusal, or takes long', async (t) => {
  const started = performance.now();
  for (const bytes of [jpeg(64, 48, 6), png(64, 48), gif(64, 48), webp(64, 48), avif(64, 48)]) {
    for (let at = 0; at < bytes.length; at += 1) {
      t.type(reasonFor(bytes.subarray(0, at)), 'string');
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        t.type(reasonFor(changed), 'string');
      }
    }
  }
  // Nothing but the marker of a JPEG in front of 20 MB that hold none.
  const endless = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(20_000_000, 0xfe)]);
  t.match(reasonFor(endless), /does not say how large/);
  t.ok(performance.now() - started < 20_000);
});
