-- The hundred pages with the most views; of two with as many, the one first in the alphabet.
with pages as (
  select
    page_path,
    arg_max(page_title, view_date) as page_title,
    cast(sum(views) as bigint) as views,
    cast(sum(mobile_views) as bigint) as mobile_views,
    count(*) as days,
    arg_max(view_date, (views, -epoch(view_date))) as busiest_day
  from page_views_daily
  group by page_path
)
select
  cast(row_number() over (order by views desc, page_path) as integer) as rank,
  page_path,
  page_title,
  views,
  mobile_views,
  days,
  busiest_day
from pages
qualify rank <= 100
order by rank
