import { generate } from 'selfsigned';

export interface Certificate {
  /** PEM. It is its own authority: who trusts it gives it as `ca`. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

let made: Promise<Certificate> | undefined;

/** For `localhost` and 127.0.0.1, made anew by each process and the same for all servers of one. */
export function certificate(): Promise<Certificate> {
  made ??= generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  }).then((pems) => ({ cert: pems.cert, key: pems.private }));
  return made;
}
