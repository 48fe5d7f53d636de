import { decodeAuthorizerConfig } from '../contract/authorizer-config.ts';
import { Env } from '../contract/environment.ts';
import { createAuthorizer } from './authorizer.ts';
import { createVerifier } from './verify.ts';

const config = decodeAuthorizerConfig(process.env[Env.authorizer] ?? 'null');

export const handler = createAuthorizer(createVerifier(config, Date.now), config.rejections);
