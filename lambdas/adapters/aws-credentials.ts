export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Reads the credentials for each call, since Lambda may renew them. @throws TypeError when there are none */
export function credentialsFrom(env: NodeJS.ProcessEnv): () => Promise<Credentials> {
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
    if (!accessKeyId || !secretAccessKey) {
      throw new TypeError('no credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set: Lambda sets them');
    }
    return { accessKeyId, secretAccessKey, ...(token && { sessionToken: token }) };
  };
}
