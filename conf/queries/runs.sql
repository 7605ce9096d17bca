-- What happened in each run?
--
-- run                                                  checkpoints  kinds                           violations  q_changed  lut_trained
-- bug_q_drift                                                    1  ["none","unknown"]                       2          2            0
-- debug_lut_training                                             2  ["copy","train"]                         0          0           14
-- srLUT-004_all_alpaca_M2p0_lr1e5_from_best                      6  ["bake","cast","copy","train"]           0         14           14
-- srLUT-004c_all_alpaca_from_baked200_lut_plus_scales            3  ["copy","train"]                         0          0           14
-- srLUT-004s_synced                                              2  ["refresh","several","sync"]             0         14            0
-- srLUT-004t_tightened                                           1  ["requantize"]                           0         14            0
SELECT run, checkpoints, kinds, violations, q_changed, lut_trained FROM run_summary ORDER BY run
