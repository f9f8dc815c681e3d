/** Queries that analysts write. Athena gives what DuckDB gives, or they are refused. */

/** Why a query is refused: a part of the problem. */
interface Refused {
  readonly sql: string;
  readonly refused: string;
}

/** Queries that both engines answer alike. */
export const equal: Readonly<Record<string, string>> = {
  windows: `select customer_id, order_id, amount, row_number() over (partition by customer_id order by order_date, order_id) as n,
    lag(amount) over (partition by customer_id order by order_date, order_id) as before,
    sum(amount) over (partition by customer_id order by order_date, order_id rows between 2 preceding and current row) as last3
    from orders`,
  qualify: `select customer_id, order_id, amount from orders
    qualify row_number() over (partition by customer_id order by amount desc, order_id) <= 3`,
  filter: `select order_date, count(*) filter (where amount > 100) as big, sum(amount) filter (where amount <= 100) as small_sum,
    count_if(amount > 50) as over50 from orders group by order_date`,
  "group by all": `select date_trunc('month', order_date) as month, customer_id % 10 as bucket, sum(amount) as revenue
    from orders group by all order by all`,
  dates: `select order_id, order_date + interval 7 day as due, date_diff('month', order_date, date '2026-01-01') as months,
    extract(isodow from order_date) as dow, strftime(order_date, '%Y-%m') as ym, last_day(order_date) as last,
    date '2026-01-01' - order_date as days, order_date + 3 as plus3 from orders`,
  "string_agg in order": `select country, string_agg(distinct event_type, ',' order by event_type) as types,
    list(event_type order by event_id)[1] as first_type, len(list(event_id order by event_id)) as n from web_events group by country`,
  json: `select event_id, payload->>'$.query' as query, cast(payload->>'$.results' as integer) as results,
    json_extract_string(payload, '$.at.x') as x, payload->>'order_id' as order_id from web_events`,
  "regular expressions": `select event_id, regexp_extract(page_path, '^/([a-z]+)/', 1) as lang, regexp_matches(page_path, '^/(de|ja)/') as foreign_page,
    regexp_replace(page_path, '[aeiou]', '*', 'g') as masked from web_events`,
  nulls: `select event_id, coalesce(user_id, -1) as u, nullif(country, 'ZZ') as c, ifnull(page_title, '') as t,
    case when is_mobile then 'm' else 'd' end as d, greatest(scroll_depth, 0.5) as g from web_events`,
  deviation:
    "select customer_id, avg(amount) as mean, stddev(amount) as sd, var_pop(amount) as v from orders group by customer_id",
  arg_max: `select page_path, arg_max(page_title, (occurred_at, event_id)) as title, arg_min(user_id, (occurred_at, event_id)) as first_user,
    max(occurred_at) as latest from web_events group by page_path`,
  unnest: `select event_id, part from (select event_id, unnest(string_split(page_path, '/')) as part from web_events) as parts where part <> ''`,
  calendar: `select d::date as day, coalesce(sum(o.amount), 0) as revenue
    from generate_series(date '2024-01-01', date '2024-03-01', interval 1 day) as g(d)
    left join orders o on o.order_date = g.d::date group by 1`,
  division: `select order_id, order_id // 7 as q, order_id / 7 as f, order_id % 7 as r, amount / 3 as third, round(amount, 1) as r1,
    cast(amount as integer) as i from orders`,
  "average in cents": `select customer_id, avg(amount) as mean, cast(avg(amount) as decimal(18,2)) as mean2, sum(orders_n) as n
    from (select customer_id, amount, 1 as orders_n from orders) as o group by customer_id`,
  star: "select * exclude (payload, page_title) replace (upper(country) as country) from web_events",
  "from first":
    "from orders select customer_id, amount * 2 as twice, twice + 1 as more where twice > 100",
  limit:
    "select user_id, event_id from web_events order by user_id desc, event_id limit 50 offset 3",
  strings: `select distinct page_path, length(page_title) as n, upper(page_title) as u, page_title[1:3] as s3, left(page_title, 2) as l2,
    right(page_title, 3) as r3, concat(page_title, '!', null) as c, page_title || '!' as p, lpad(page_path, 8, '.') as lp,
    split_part(page_path, '/', 2) as sp, contains(page_path, '/de') as de, starts_with(page_path, '/j') as j,
    page_path ilike '/DE%' as il, strpos(page_path, 'a') as pos from web_events`,
  rollup:
    "select country, event_type, count(*) as n from web_events group by rollup (country, event_type)",
  timestamps: `select event_id, date_trunc('hour', occurred_at) as h, epoch(occurred_at) as e, epoch_ms(occurred_at) as ms,
    cast(occurred_at as varchar) as text, hour(occurred_at) as hr, occurred_at + interval 90 minute as later,
    date_diff('day', occurred_at, timestamp '2026-01-01 00:00:00') as days from web_events`,
  casts: `select event_id, cast(duration_ms as varchar) as d, cast(is_mobile as varchar) as b,
    cast(scroll_depth * 100 as integer) as pct, cast(scroll_depth as decimal(5,2)) as dec from web_events`,
  "range of dates": `select order_id, sum(amount) over (order by order_date range between interval 6 days preceding and current row) as week
    from orders`,
  "frames of rows": `select order_id, max(amount) over (partition by customer_id order by order_id rows between 1 preceding and 1 following) as high,
    count(*) over (partition by customer_id) as n, first_value(amount) over (partition by customer_id order by order_id) as first_amount,
    last_value(amount) over (partition by customer_id order by order_id rows between unbounded preceding and unbounded following) as last_amount,
    avg(amount) over (partition by customer_id order by order_id) as mean from orders`,
  ranks: `select order_id, rank() over (order by order_date) as r, dense_rank() over (order by order_date) as d,
    percent_rank() over (order by order_date) as p, cume_dist() over (order by order_date) as c,
    ntile(7) over (order by order_id) as seventh from orders`,
  neighbours: `select order_id, lag(amount, 2, 0) over (order by order_id) as two_before, lead(order_date) over (order by order_id) as next_date,
    lag(customer_id) over (partition by order_date order by order_id) as same_day from orders`,
  "nulls between": `select event_id, last_value(user_id ignore nulls) over (order by event_id) as last_user,
    lag(user_id ignore nulls) over (order by event_id) as before from web_events`,
  "window over groups": `select customer_id, sum(amount) as revenue, rank() over (order by sum(amount) desc) as place,
    sum(sum(amount)) over () as total from orders group by customer_id`,
  "grouping sets":
    "select country, is_mobile, count(*) as n, sum(duration_ms) as ms from web_events group by grouping sets ((country), (is_mobile), ())",
  cube: "select country, is_mobile, count(distinct user_id) as n from web_events group by cube (country, is_mobile)",
  having:
    "select customer_id as c, count(*) as n from orders group by c having n > 2 and min(amount) > 1",
  "scalar subquery":
    "select order_id, amount - (select avg(o.amount) from orders o where o.customer_id = orders.customer_id) as above from orders",
  exists:
    "select order_id from orders o where exists (select 1 from orders p where p.customer_id = o.customer_id and p.order_id > o.order_id)",
  "not exists":
    "select order_id from orders o where not exists (select 1 from orders p where p.customer_id = o.customer_id and p.order_id > o.order_id)",
  "in a subquery":
    "select order_id from orders where customer_id in (select customer_id from orders where amount > 900)",
  "not in a subquery":
    "select event_id from web_events where user_id not in (select customer_id from orders where customer_id is not null)",
  "full join": `select o.order_id, e.event_id from (select * from orders where order_id < 40) as o
    full join (select * from web_events where user_id is not null) as e on o.customer_id = e.user_id and o.order_id % 7 = 1`,
  "join in parentheses": `select o.order_id, e.event_id, f.event_id as other from orders o
    left join (web_events e cross join (select event_id, user_id from web_events where user_id = 3) as f) on o.customer_id = e.user_id and e.user_id = f.user_id
    where o.order_id < 30`,
  "join of doubles":
    "select a.event_id, b.event_id as other from web_events a join web_events b on a.scroll_depth = b.scroll_depth and a.event_id < b.event_id",
  union:
    "select customer_id as id, 'order' as kind from orders union select user_id, 'event' from web_events",
  "union all in order":
    "select order_id, amount from orders union all select order_id + 1000, -amount from orders order by 1 desc limit 20",
  except: "select customer_id from orders except select user_id from web_events",
  intersect: "select customer_id from orders intersect select user_id from web_events",
  "named expressions": `with days(day, total) as (select order_date, sum(amount) from orders group by order_date),
    best as (select day, total from days order by total desc, day limit 5) select b.day, b.total, d.total as again from best b join days d on b.day = d.day`,
  "expression of an expression":
    "with a as (select order_id as i from orders), b as (select i * 2 as j from a) select j, (select max(i) from a) as top from b",
  "nan and infinity": `select country, min(depth) as low, max(depth) as high, count(depth) as n, count(distinct depth) as kinds
    from (select country, case when user_id = 3 then 0e0 / 0 when user_id = 5 then 1e0 / 0 else scroll_depth end as depth from web_events) as d
    group by country`,
  "sums beyond 64 bits":
    "select sum(big) as s, sum(big) // count(*) as q, sum(-big) % 7 as r from (select 9000000000000000000 + order_id as big from orders) as b",
  "rounded cents": `select customer_id, cast(cast(sign(c) * ((2 * abs(c) + n) // (2 * n)) as decimal(36, 0)) * 0.01 as decimal(18, 2)) as mean
    from (select customer_id, cast(sum(amount) * 100 as hugeint) as c, count(*) as n from orders group by customer_id) as o`,
  "decimals of many digits": `select order_id, amount * 1.19 as gross, amount * amount as square, cast(amount * 1.19 as decimal(18,2)) as rounded,
    amount / 100 as hundredth, amount % 0.7 as rest, cast(amount as double) as d from orders`,
  "bool aggregates":
    "select country, bool_and(is_mobile) as every, bool_or(is_mobile) as any_mobile, min(is_mobile) as low, max(country) as c from web_events group by country",
  "distinct aggregates":
    "select count(distinct customer_id) as c, sum(distinct customer_id) as s, avg(distinct customer_id) as a from orders",
  "no rows":
    "select count(*) as n, sum(amount) as s, avg(amount) as a, max(order_date) as d, count_if(amount > 1) as c from orders where amount < -1e6",
  "no groups":
    "select customer_id, sum(amount) as s from orders where amount < -1e6 group by customer_id",
  "between and in": `select order_id from orders where order_date between '2024-01-05' and date '2024-02-01' and customer_id in (1, 2, 3.0)
    or amount not between 10 and 500`,
  "case without else":
    "select order_id, case customer_id when 1 then 'one' when 2 then 'two' end as word, if(amount > 100, amount, 0) as big from orders",
  hashes:
    "select event_id, md5(event_id) as m, sha256(coalesce(page_title, '')) as s from web_events",
};

/** Queries that are refused, with a part of the problem. */
export const refused: Readonly<Record<string, Refused>> = {
  "list without an order": {
    sql: "select country, list(event_type) as types from web_events group by country",
    refused: "list(…) without an order",
  },
  median: { sql: "select median(amount) as m from orders", refused: "median" },
  quantile: { sql: "select quantile_cont(amount, 0.9) as p from orders", refused: "quantile_cont" },
  approximation: {
    sql: "select approx_count_distinct(order_id) as n from orders",
    refused: "approx_count_distinct",
  },
  "any value": { sql: "select any_value(amount) as a from orders", refused: "any_value" },
  "first replacement": {
    sql: "select regexp_replace(page_path, '[aeiou]', '*') as m from web_events",
    refused: "replaces all matches",
  },
  "try_cast of text": {
    sql: "select try_cast(page_title as integer) as t from web_events",
    refused: "try_cast from VARCHAR to INTEGER",
  },
  asof: {
    sql: "select o.order_id, p.order_id as before from orders o asof join orders p on o.customer_id = p.customer_id and o.order_id > p.order_id",
    refused: "ASOF",
  },
  "double as text": {
    sql: "select cast(scroll_depth as varchar) as s from web_events",
    refused: "DOUBLE to VARCHAR",
  },
  "limit without an order": {
    sql: "select order_id from orders limit 3",
    refused: "limit without an order",
  },
  "rank without an order": {
    sql: "select row_number() over () as n from orders",
    refused: "without an order",
  },
  "distinct on": {
    sql: "select distinct on (customer_id) customer_id, amount from orders order by customer_id, order_id",
    refused: "distinct on",
  },
  "borders of words": {
    sql: "select regexp_matches(page_path, 'a\\b') as m from web_events",
    refused: "regular expression",
  },
  "weeks between": {
    sql: "select date_diff('week', order_date, date '2024-01-01') as w from orders",
    refused: "date_diff(week",
  },
  "names of both": {
    sql: "select customer_id, -amount as amount from orders qualify row_number() over (partition by customer_id order by amount, order_id) = 1",
    refused: "both a column and a name of the list",
  },
  "unnest beside a window": {
    sql: "select unnest(string_split(page_path, '/')) as part, row_number() over (order by event_id) as n from web_events",
    refused: "unnest beside",
  },
  "join using": {
    sql: "select o.amount from orders o join orders p using (order_id)",
    refused: "using",
  },
};
