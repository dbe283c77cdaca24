"""Fault injection: what AWS does on a bad day, done on purpose, by rules, for tests and soak runs only.

A gate has it only when it was started with `--faults`; its control address then answers to the bearer of the token in
`GATE_FAULTS_TOKEN`, and is absent for everybody else. The same rules over the same calls inject the same faults.
"""
