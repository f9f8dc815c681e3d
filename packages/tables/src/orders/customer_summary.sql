-- One row for each customer. The average is exact: DuckDB divides decimals as doubles, so it is made from
-- whole cents, rounded half away from zero.
with totals as (
  select
    customer_id,
    cast(sum(orders) as bigint) as order_count,
    cast(sum(revenue) as decimal(38, 2)) as total_spent,
    cast(sum(revenue) * 100 as hugeint) as cents,
    min(order_date) as first_order,
    max(order_date) as last_order
  from customer_daily
  group by customer_id
)
select
  customer_id,
  order_count,
  total_spent,
  cast(
    cast(sign(cents) * ((2 * abs(cents) + order_count) // (2 * order_count)) as decimal(36, 0)) * 0.01
    as decimal(18, 2)
  ) as avg_order_value,
  first_order,
  last_order
from totals
order by customer_id
