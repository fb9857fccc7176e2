/** The domains that we serve with their attributes, derived from the tables `domain` and `domain_attrs`. */
import type { AvpValue } from '../../engine/context.ts';
import type { Cell, Row, Table } from '../db_text/api.ts';

export interface Attribute {
  readonly name: string;
  readonly value: AvpValue;
}

export interface DomainColumns {
  readonly domain: string;
  readonly did: string;
  readonly attrsDid: string;
  readonly attrsName: string;
  readonly attrsType: string;
  readonly attrsValue: string;
}

interface Known {
  readonly did: string;
  readonly attributes: readonly Attribute[];
}

/** Types of `domain_attrs`: a number, or text. */
const NUMBER_TYPE = '0';

export class DomainTable {
  readonly #domains: Table;
  readonly #attributes: Table;
  readonly #columns: DomainColumns;
  #byName: ReadonlyMap<string, Known> = new Map();
  #version = '';

  constructor(domains: Table, attributes: Table, columns: DomainColumns) {
    this.#domains = domains;
    this.#attributes = attributes;
    this.#columns = columns;
  }

  /** undefined when the domain is none of ours. */
  find(domain: string): Known | undefined {
    return this.#current().get(domain.toLowerCase());
  }

  all(): readonly { readonly domain: string; readonly did: string; readonly attributes: readonly Attribute[] }[] {
    return [...this.#current()].map(([domain, known]) => ({ domain, ...known }));
  }

  /** Derived anew whenever one of the tables has changed. */
  #current(): ReadonlyMap<string, Known> {
    const version = `${this.#domains.version} ${this.#attributes.version}`;
    if (version !== this.#version) {
      this.#byName = new Map(this.#domains.rows({}).map((row) => this.#known(row)));
      this.#version = version;
    }
    return this.#byName;
  }

  #known(row: Row): readonly [string, Known] {
    const { domain, did, attrsDid, attrsName, attrsType, attrsValue } = this.#columns;
    const name = textOf(row[domain]).toLowerCase();
    const id = textOf(row[did]) || name;
    const attributes = this.#attributes.rows({ [attrsDid]: id }).map((attribute) => {
      const value = textOf(attribute[attrsValue]);
      const isNumber = textOf(attribute[attrsType]) === NUMBER_TYPE && /^-?\d+$/.test(value);
      return { name: textOf(attribute[attrsName]), value: isNumber ? Number(value) : value };
    });
    return [name, { did: id, attributes }];
  }
}

const textOf = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '' : String(cell));
