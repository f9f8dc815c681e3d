/** What names say: columns for keys of all kinds, and what values a name suggests. */

const maximumLength = 63;

/** Words that SQL engines reserve. As a column's name they would need quotes in every query. */
const reserved: ReadonlySet<string> = new Set(
  (
    "all alter analyse analyze and any array as asc asymmetric at authorization between both by case cast check " +
    "collate column constraint create cross cube current_date current_time current_timestamp current_user deallocate " +
    "default deferrable delete desc describe distinct do drop else end escape except execute exists extract false " +
    "fetch filter for foreign from full grant group grouping having if in initially inner insert intersect into is " +
    "isnull join lambda lateral leading left like limit localtime localtimestamp map natural normalize not notnull " +
    "null offset on only or order outer over overlaps partition pivot placing prepare primary qualify range " +
    "recursive references returning right rollup row rows select show similar some summarize symmetric table then " +
    "to trailing true uescape union unique unnest unpivot update user using values variadic verbose when where " +
    "window with within"
  ).split(" "),
);

/** Whether a name needs quotes in SQL. */
export function isReserved(name: string): boolean {
  return reserved.has(name);
}

/** `createdAt`, `HTTPStatus` and `Größe (cm)` as `created_at`, `http_status` and `grosse_cm`. May be empty. */
export function snakeCase(text: string): string {
  return text
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}

/** Gives each path a column's name of its own. */
export class ColumnNames {
  readonly #used: Set<string>;
  readonly #prefix: string | undefined;

  /** @param used Names that no path may have. One that would is named with the prefix. */
  constructor(used: readonly string[] = [], prefix?: string) {
    this.#used = new Set(used);
    this.#prefix = prefix;
  }

  /** A plain SQL name that no other path has. */
  nameOf(path: readonly string[]): string {
    const words = snakeCase(path.map((key) => snakeCase(key)).join("_"));
    const started = /^[a-z]/.test(words) ? words : `column_${words}`.replace(/_$/, "");
    const free =
      this.#prefix !== undefined && this.#used.has(started)
        ? `${this.#prefix}_${started}`
        : isReserved(started)
          ? `${started}_value`
          : started;
    for (let number = 1; ; number++) {
      const suffix = number === 1 ? "" : `_${number}`;
      const name = `${free.slice(0, maximumLength - suffix.length).replace(/_+$/, "")}${suffix}`;
      if (!this.#used.has(name)) {
        this.#used.add(name);
        return name;
      }
    }
  }
}

/** `item` of `items`. */
export function singular(name: string): string {
  return name.replace(/ies$/, "y").replace(/(?<!s)s$/, "");
}

const word = (words: string): RegExp => new RegExp(`(?:^|_)(?:${words})(?:_|$)`);

const money = word(
  "price|prices|amount|amounts|total|totals|subtotal|cost|costs|fee|fees|tax|taxes|vat|balance|revenue|paid|discount|discounts|salary|money|usd|eur|gbp|sum|charge|refund|refunded|credit|debit|payout|shipping|net|gross|tip",
);
const time = word(
  "at|on|ts|time|timestamp|date|datetime|epoch|created|updated|modified|expires|expiry|started|ended|when|since|until|seen|occurred|received|sent|due|millis|ms|born|day",
);
const code = word(
  "zip|zipcode|postal|postcode|plz|phone|mobile|tel|fax|code|sku|ean|isbn|gtin|upc|iban|bic|account|card|ssn|passport|vat|mac|imei|barcode|hash|version",
);
const personal = word(
  "email|e_mail|mail|phone|mobile|tel|fax|first_name|last_name|full_name|firstname|lastname|given_name|family_name|surname|middle_name|username|user_name|address|address1|address2|street|zip|zipcode|postcode|postal|ip|ip_address|source_ipaddress|source_ip|birth|birthday|birthdate|dob|ssn|passport|iban|card|tax_id|lat|lon|lng|latitude|longitude|user_agent|gender|religion|nationality|customer_name|contact_name",
);

/** What a column's name suggests. It only decides what its values leave open. */
export const suggests = {
  money: (name: string): boolean => money.test(name),
  time: (name: string): boolean => name === "t" || time.test(name),
  /** Digits that are no number: `02134`. */
  code: (name: string): boolean => code.test(name),
  personal: (name: string): boolean => personal.test(name),
};
