/** Rows of the sample tables and models, with nulls, equal values and strings of all kinds. */
import { catalog } from "@lakehouse/tables/catalog";
import { define, type Relation, relationOf, type Sessions } from "./relation.ts";

const rows = 60;

const tables: Readonly<Record<string, string>> = {
  orders: `select
      cast(i * 7 % 11 as bigint) as customer_id,
      cast(i as bigint) as order_id,
      cast((i * 7919 % 99991) / 100 - 3 as decimal(18, 2)) as amount,
      cast(date '2024-01-01' + cast(i * 13 % 70 as integer) as date) as order_date
    from range(${rows}) as r(i)`,
  web_events: `select
      format('evt_{:03d}', i) as event_id,
      timestamp '2024-02-27 21:30:00.000001' + to_microseconds(i * 1234567891 % 300000000000) as occurred_at,
      ['page_view', 'page_view', 'click', 'search', 'purchase'][i % 5 + 1] as event_type,
      case when i % 3 > 0 then i % 7 end as user_id,
      ['DE', 'JP', 'ZZ', null, 'US'][i % 5 + 1] as country,
      ['/', '/de/a', '/ja/über', '/shop', '/de/a/b', '/DE/x'][i % 6 + 1] as page_path,
      ['Straße', null, '', '日本語 👍🏽', 'A "quoted" title, with comma', ' spaces '][i % 6 + 1] as page_title,
      case when i % 4 > 0 then i % 2 = 0 end as is_mobile,
      case when i % 6 > 0 then (i * 37 % 101) / 100 end as scroll_depth,
      case when i % 7 > 0 then cast(i * 7919 % 100000 as integer) end as duration_ms,
      cast(['{"query": "schön", "results": 12}', '{"at": {"x": 1.50, "y": 2}}', null, '{"order_id": 123456789012345678}',
        '{"query": null, "results": -1}', '{"query": true}'][i % 6 + 1] as json) as payload
    from range(${rows}) as r(i)`,
};

/** Defines the sample tables and models in the sessions, and returns the same rows for Athena. */
export async function sampleRelations(sessions: Sessions): Promise<readonly Relation[]> {
  const relations: Relation[] = [];
  for (const [name, sql] of Object.entries(tables)) {
    const typed = await relationOf(sessions.rows, name, sql);
    await define(sessions, typed);
    relations.push(typed);
  }
  for (const name of ["customer_daily", "page_views_daily"]) {
    const sql = catalog.models.find((model) => model.name === name)?.sql ?? "";
    const relation = await relationOf(sessions.rows, name, sql);
    await define(sessions, relation);
    relations.push(relation);
  }
  return relations;
}
