"""Charts as plain values, and what draws them.

- `values`: the kinds of charts; `document`: charts among paragraphs and tables.
- `paper`: pictures and the figures of TensorBoard, by matplotlib; `page`: figures of the page, by plotly.
- `palette`, `number_format`: the colours and the numbers of both.
"""
