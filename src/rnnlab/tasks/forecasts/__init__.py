"""What forecasts are measured by and drawn as: quantiles, metrics, and the chart beside what happened."""
