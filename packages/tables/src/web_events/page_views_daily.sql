-- One row for each page and day (UTC) with views. Runs for one day of web_events at a time.
select
  cast(occurred_at as date) as view_date,
  page_path,
  arg_max(page_title, (occurred_at, event_id)) as page_title,
  count(*) as views,
  count(*) filter (where is_mobile) as mobile_views,
  count(distinct user_id) as signed_in_visitors,
  max(scroll_depth) as deepest_scroll
from web_events
where event_type = 'page_view'
group by view_date, page_path
order by view_date, page_path
