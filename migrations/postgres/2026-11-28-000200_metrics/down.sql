DROP TABLE analytics_results;
DROP TABLE analytics_refreshes;
DROP TABLE metrics_daily;
DROP TABLE metric_imports;
