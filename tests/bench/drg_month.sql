-- One month of a pooling area for bench_drg_month.sh: settlements and their submitted lists, a row each, as drg keeps them. Drawn from
-- the grouped cases in yibao_bench.drg_case by the row's number alone: the same number gives the same row.
-- Variables: @first, @last row (from 1), @total rows of the month. Child rows (versions, diagnoses, findings) are not made.

SET @area = 220100, @ym = 202406;

CREATE OR REPLACE TEMPORARY TABLE yibao_bench.drawn ENGINE=MEMORY AS
SELECT seq AS n, (seq * 7919) % (SELECT COUNT(*) FROM yibao_bench.drg_case) AS case_no,
       POW(CRC32(CONCAT('h', seq)) % 1000, 2) DIV 5000 AS hospital,                  -- of 200; the first have the most
       CRC32(CONCAT('d', seq)) % 30 AS department,
       IF(CRC32(CONCAT('i', seq)) % 10 < 7, '310', '390') AS insutype,
       DATE('2024-06-01') + INTERVAL (seq - 1) * 30 DIV @total DAY AS settled,
       CRC32(CONCAT('s', seq)) % 4 AS days_later,                                    -- settled so many days after the discharge
       CRC32(CONCAT('f', seq)) % 900000 AS more_fen, 20 + CRC32(CONCAT('o', seq)) % 40 AS other_percent
FROM yibao_bench.seq_1_to_1000000 WHERE seq BETWEEN @first AND @last;

CREATE OR REPLACE TEMPORARY TABLE yibao_bench.row_made ENGINE=InnoDB AS
SELECT d.n, 700000000000 + d.n AS setl_id, 800000000000 + d.n AS setl_list_id, 600000000000 + d.n AS mdtrt_id,
       CONCAT('2201002024', LPAD(d.n, 10, '0')) AS psn_no, d.insutype, CONCAT('H220100', LPAD(d.hospital + 1, 5, '0')) AS fixmedins_code,
       CONCAT('A', LPAD(d.department + 1, 2, '0')) AS dscg_caty, d.settled, d.settled - INTERVAL d.days_later DAY AS discharged,
       d.settled - INTERVAL d.days_later + c.los DAY AS admitted, d.other_percent,
       -- one in 53 very dear, one in 41 very cheap
       (150000 + c.los * 30000 + d.more_fen) * IF(d.n % 53 = 0, 6, 1) DIV IF(d.n % 41 = 0, 8, 1) AS fee_fen,
       c.sex, c.age, c.age_day, c.weight_g, c.los, c.dscg_way, c.dx, c.px
FROM yibao_bench.drawn d JOIN yibao_bench.drg_case c ON c.n = d.case_no ORDER BY d.n;

INSERT INTO yibao_drg.settlement (setl_id, known, reversed_by, reverses, poolarea, mdtrt_id, psn_no, insutype, med_type, fixmedins_code,
  insuplc_admdvs, inpatient, setl_time, begntime, endtime, medfee_sumamt_fen, fund_pay_sumamt_fen, fulamt_ownpay_amt_fen, overlmt_selfpay_fen,
  acct_pay_fen, psn_cash_pay_fen, basic_fund_fen, funds)
SELECT setl_id, 1, 0, 0, @area, mdtrt_id, psn_no, insutype, '21', fixmedins_code, '220102', 1,
       DATE_FORMAT(settled, '%Y%m%d') * 1000000 + 80000 + n % 60, DATE_FORMAT(admitted, '%Y%m%d') * 1000000 + 93000,
       DATE_FORMAT(discharged, '%Y%m%d') * 1000000 + 103000, fee_fen, fee_fen - fee_fen * other_percent DIV 100, 0, 0, 0,
       fee_fen * other_percent DIV 100, fee_fen - fee_fen * other_percent DIV 100, ''
FROM yibao_bench.row_made;

INSERT INTO yibao_drg.settlement_list (setl_list_id, setl_id, poolarea, setl_ym, mdtrt_id, psn_no, insutype, fixmedins_code, version,
  stas_type, lacking, voided, frozen_us, medfee_sumamt_fen, fund_pay_sumamt_fen, admission_day, discharge_day, sex, age, age_day, los,
  bir_wt_g, adm_wt_g, vent_min, coma_before_min, coma_after_min, icu, has_principal, dscg_way, dscg_caty, chfpdr_code, hi_paymtd,
  ipt_med_type, dx, px, uploaded_us, state_us)
SELECT setl_list_id, setl_id, @area, @ym, mdtrt_id, psn_no, insutype, fixmedins_code, 1, 1, 0, 0, 0, fee_fen,
       fee_fen - fee_fen * other_percent DIV 100, DATE_FORMAT(admitted, '%Y%m%d'), DATE_FORMAT(discharged, '%Y%m%d'), sex, age, age_day, los,
       weight_g, weight_g, -1, -1, -1, 0, 1, dscg_way, dscg_caty, '', '1', '', dx, px,
       UNIX_TIMESTAMP(settled) * 1000000, UNIX_TIMESTAMP(settled) * 1000000
FROM yibao_bench.row_made;

DROP TEMPORARY TABLE yibao_bench.drawn, yibao_bench.row_made;
