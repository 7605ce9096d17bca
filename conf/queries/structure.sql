-- What does a checkpoint contain? (notebook, cell 6)
--
-- category  tensors   bytes
-- indices        14  221184
-- lut            14     896
-- other          39  177038
-- q              14  110592
-- scale          42   64128
SELECT category, count(*) AS tensors, sum(bytes) AS bytes
FROM tensors WHERE path = 'sr011-q4a4-FP4-init/v2_initial.pt'
GROUP BY category ORDER BY category
