/** Which TLS options a connection gets: by the address it was accepted on, or the address it goes to. */
import type { Endpoint, TlsOptions } from '../world/world.ts';

export interface TlsProfiles {
  server(local: Endpoint): TlsOptions | undefined;
  client(remote: Endpoint, servername: string): TlsOptions | undefined;
}

/** The same in both directions, everywhere. */
export const oneProfile = (tls: TlsOptions | undefined): TlsProfiles => ({ server: () => tls, client: () => tls });

/** Whether no connection with these options has a peer whose certificate did not verify. */
export const verifiesAll = (tls: TlsOptions | undefined): boolean =>
  tls?.verify === true && (tls.clients ?? 'verified') === 'verified';
