"""Files of the user's series: their columns, their times in order, and the steps that are missing."""
