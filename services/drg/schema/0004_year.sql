-- The year's clearing (年终清算): what is known of an institution beside its months, and the sheet of each (rows of the annual clearing
-- sheet). A year has a row of its own in `month`, ym = yyyy, and its run and statements like a month's.

CREATE TABLE year_input (
  poolarea        INT          NOT NULL,
  year            INT          NOT NULL,
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  adjustment_fen  BIGINT       NOT NULL COMMENT '其他, signed',
  penalty_fen     BIGINT       NOT NULL COMMENT '违规扣款, given positive, as the last two',
  score_e4        BIGINT       NOT NULL COMMENT 'of the yearly assessment; -1 = none',
  grade           VARCHAR(31)  NOT NULL COMMENT 'credit grade; empty = none',
  procurement_kept_fen BIGINT  NOT NULL COMMENT '集采结余留用',
  offline_purchase_fen BIGINT  NOT NULL COMMENT '线下采购扣减',
  set_us          BIGINT       NOT NULL,
  set_by          VARCHAR(30)  NOT NULL,
  PRIMARY KEY (poolarea, year, fixmedins_code, insutype)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Beside the statement of the same id: due of that = settle + prepaid here, booked = what the months have booked.
CREATE TABLE year_sheet (
  statement_id    BIGINT       NOT NULL PRIMARY KEY,
  run_id          BIGINT       NOT NULL,
  poolarea        INT          NOT NULL,
  unit            VARCHAR(31)  NOT NULL COMMENT 'the county group it is cleared with, else its own code',
  in_group        TINYINT      NOT NULL,
  cost_fen        BIGINT       NOT NULL COMMENT '医保发生费用',
  budget_fen      BIGINT       NOT NULL COMMENT '区域总额预算资金: what its cases were paid',
  adjustment_fen  BIGINT       NOT NULL COMMENT '其他',
  penalty_fen     BIGINT       NOT NULL COMMENT '违规扣款',
  total_fen       BIGINT       NOT NULL COMMENT '总额预算资金合计',
  kept_fen        BIGINT       NOT NULL COMMENT '结余留用',
  returned_fen    BIGINT       NOT NULL COMMENT '结余返还',
  fund_share_fen  BIGINT       NOT NULL COMMENT '超支分担: 医保承担',
  own_share_fen   BIGINT       NOT NULL COMMENT '超支分担: 机构承担',
  other_pay_fen   BIGINT       NOT NULL COMMENT '个人及其他支付',
  payable_fen     BIGINT       NOT NULL COMMENT '医保应付',
  withheld_fen    BIGINT       NOT NULL COMMENT '质量保证金',
  deposit_back_fen BIGINT      NOT NULL,
  deposit_lost_fen BIGINT      NOT NULL,
  prepaid_fen     BIGINT       NOT NULL COMMENT '已拨付',
  procurement_kept_fen BIGINT  NOT NULL COMMENT '集采结余留用',
  offline_purchase_fen BIGINT  NOT NULL COMMENT '线下采购扣减',
  settle_fen      BIGINT       NOT NULL COMMENT '应补付; negative: 应扣回',
  KEY run (run_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
