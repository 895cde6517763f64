"""Is the paper's idea reproduced? Every way to join the experts, trained alike and compared.

The same two frozen experts, clips, steps and rates for all; only the exchange differs. The lower blocks
of the experts stay as they are, so what comes out of them is computed once and read by all runs.
"""
