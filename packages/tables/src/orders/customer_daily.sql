-- One row for each customer and day with orders. Runs for one month of orders at a time.
select
  customer_id,
  order_date,
  count(*) as orders,
  sum(amount) as revenue
from orders
group by customer_id, order_date
order by order_date, customer_id
