/**
 * How far tracing reaches. `message`: the one message, and the stateless replies made to it. `dialog` acts as `transaction`
 * for what a route traces until there is a dialog module; a rule follows the Call-ID.
 */
export type Scope = 'message' | 'transaction' | 'dialog';
