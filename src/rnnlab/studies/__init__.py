"""Studies: a question, the sweep that it needs, and a README that answers it.

- `study`: the folder of a study and its files.
- `collect`: plan a study, and record its runs in runs.jsonl.gz once they are trained.
- `page`: write the page of a study from that recording: results in `readme`, figures, results.json, the index.
- `index`: the index of all studies.
- `computed`: what studies compute without training, by a function of `rnnlab.reference`.
- `probing`: apply probes to the networks of checkpoints; `documents`: write what they return.
- `new_study`: begin a study.
"""
