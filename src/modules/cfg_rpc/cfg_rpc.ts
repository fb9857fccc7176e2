/** cfg_rpc: accepted for Kamailio scripts. The commands `cfg.*` need no module here. */
import { defineModule } from '../../engine/module.ts';

export const cfg_rpc = defineModule(
  { name: 'cfg_rpc', doc: 'Accepted for Kamailio scripts: the commands `cfg.*` need no module.' },
  () => ({ functions: {} }),
);
