-- One row for each day with orders. The moving revenue is over seven calendar days, this one included:
-- days without orders count as such, so it is a range of dates and not a number of rows.
with days as (
  select
    order_date,
    cast(sum(orders) as bigint) as orders,
    cast(sum(revenue) as decimal(38, 2)) as revenue,
    count(*) as customers
  from customer_daily
  group by order_date
)
select
  order_date,
  orders,
  revenue,
  customers,
  cast(sum(revenue) over seven_days as decimal(38, 2)) as revenue_7d
from days
window seven_days as (
  order by order_date range between interval 6 days preceding and current row
)
order by order_date
