-- From lists to money: months, runs, statements, what changes afterwards. Units as in 0001; _e4 = 10^-4. Columns added to older
-- tables have defaults, so that a replica of the release before goes on writing beside this one.

ALTER TABLE settlement
  ADD COLUMN setl_ym INT AS (setl_time DIV 100000000) PERSISTENT COMMENT 'yyyymm of the settlement; 0 = not known yet',
  ADD COLUMN basic_fund_fen BIGINT NOT NULL DEFAULT -1 COMMENT 'what the basic fund of its insutype paid; -1 = not said (told before this column was)',
  MODIFY fixmedins_code VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- All that a month's run reads of a settlement: its rows themselves, scattered over the table, are not touched.
  ADD KEY month (poolarea, setl_ym, inpatient, known, reversed_by, fixmedins_code, setl_id,
                 insutype, med_type, begntime, endtime, medfee_sumamt_fen, basic_fund_fen);

-- frozen_us is no longer written: the month says it. It goes with a later release.
ALTER TABLE settlement_list
  ADD COLUMN reopened_day INT NOT NULL DEFAULT 0 COMMENT 'the list may be replaced up to this day though its month is frozen; 0 = not',
  MODIFY fixmedins_code VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  DROP KEY month,
  ADD KEY month (poolarea, setl_ym, fixmedins_code, setl_id),
  ADD KEY reopened (poolarea, setl_ym, reopened_day);

-- A month of settlements of a pooling area. No row = open. Locked by whoever adds to the month (shared) or moves it on (for update).
CREATE TABLE month (
  poolarea        INT          NOT NULL,
  ym              INT          NOT NULL COMMENT 'yyyymm',
  state           TINYINT      NOT NULL COMMENT '1 open, 2 frozen: lists stay as they are, 3 released',
  run_id          BIGINT       NOT NULL COMMENT 'the newest run that was not dropped, 0 = none',
  state_us        BIGINT       NOT NULL,
  state_by        VARCHAR(30)  NOT NULL,
  PRIMARY KEY (poolarea, ym)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Plans as they were when something was paid by them: recomputed years later, a run gives the same fen.
CREATE TABLE plan_file (
  hash            BINARY(32)   NOT NULL PRIMARY KEY COMMENT 'SM3 of name, plan and each table beside it',
  poolarea        INT          NOT NULL,
  name            VARCHAR(100) NOT NULL,
  content         LONGBLOB     NOT NULL COMMENT 'message StoredPlan',
  first_us        BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One computation of a month (period yyyymm) or of a year (yyyy).
CREATE TABLE run (
  run_id          BIGINT       NOT NULL PRIMARY KEY,
  poolarea        INT          NOT NULL,
  period          INT          NOT NULL,
  state           TINYINT      NOT NULL COMMENT '1 being made, 2 ready, 3 released, 4 dropped: its rows are being removed',
  plan_hash       BINARY(32)   NOT NULL,
  inputs_hash     BINARY(32)   NULL COMMENT 'SM3 over what was read of every case; NULL until all were read. Others at a restart = another run',
  case_count      BIGINT       NOT NULL COMMENT 'rows it has, once all were read',
  written         BIGINT       NOT NULL COMMENT 'rows of run_case written so far, in the order of its key',
  mean_e4         BIGINT       NOT NULL COMMENT 'yuan, 10^-4; points method',
  summary         MEDIUMBLOB   NOT NULL COMMENT 'message StoredSummary',
  made_us         BIGINT       NOT NULL,
  made_by         VARCHAR(30)  NOT NULL,
  base_run_id     BIGINT       NOT NULL COMMENT 'the run of the area that had been released last when this one read; another at the release = close again',
  released_us     BIGINT       NOT NULL COMMENT '0 = not',
  released_by     VARCHAR(30)  NOT NULL,
  KEY period (poolarea, period)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The schemes a run grouped by.
CREATE TABLE run_scheme (
  run_id          BIGINT       NOT NULL,
  n               SMALLINT     NOT NULL,
  poolarea        INT          NOT NULL,
  name            VARCHAR(200) NOT NULL,
  digest          BINARY(32)   NOT NULL COMMENT 'of its tables',
  PRIMARY KEY (run_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A case of a run: what was read of it, its group, what it is paid.
CREATE TABLE run_case (
  run_id          BIGINT       NOT NULL,
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  setl_id         BIGINT       NOT NULL,
  kind            TINYINT      NOT NULL COMMENT '1 a case of the month, 2 takes a released row back, 3 pays it anew (or late)',
  poolarea        INT          NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  dscg_caty       VARCHAR(6)   NOT NULL COMMENT 'department; empty = no list',
  list_version    INT          NOT NULL COMMENT '0 = no submitted list: late',
  scheme          SMALLINT     NOT NULL COMMENT 'run_scheme.n, -1 = not grouped',
  drg             VARCHAR(16)  CHARACTER SET ascii NOT NULL,
  reason          TINYINT      NOT NULL COMMENT 'yb_group_reason_t',
  flags           SMALLINT     NOT NULL COMMENT '1 died, 2 low-risk disease, 4 offsite, 8 submitted after the upload day, 16 ruled (case_ruling)',
  class           TINYINT      NOT NULL COMMENT 'yb_pay_class_t',
  los             INT          NOT NULL COMMENT 'days',
  rw_e4           INT          NOT NULL COMMENT '0 = not paid by weight',
  k_e4            INT          NOT NULL,
  fee_fen         BIGINT       NOT NULL COMMENT 'negative in rows of kind 2, as the next six',
  other_pay_fen   BIGINT       NOT NULL COMMENT 'all but what the basic fund paid',
  booked_fen      BIGINT       NOT NULL COMMENT 'what settlement has booked of the basic fund for it',
  standard_fen    BIGINT       NOT NULL COMMENT 'what the group is worth here (mean or rate × RW × k), half-up; 0 = none',
  points_e4       BIGINT       NOT NULL,
  gross_fen       BIGINT       NOT NULL,
  due_fen         BIGINT       NOT NULL COMMENT 'gross − other_pay',
  PRIMARY KEY (run_id, fixmedins_code, setl_id, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a run owes an institution, by insutype; difference = due − booked is what settlement still has to book.
CREATE TABLE statement (
  statement_id    BIGINT       NOT NULL PRIMARY KEY,
  run_id          BIGINT       NOT NULL,
  poolarea        INT          NOT NULL,
  period          INT          NOT NULL,
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  insutype        VARCHAR(6)   CHARACTER SET ascii NOT NULL,
  fund_pay_type   VARCHAR(6)   CHARACTER SET ascii NOT NULL COMMENT 'the basic fund: the only one that pays by case',
  case_count      INT          NOT NULL,
  fee_fen         BIGINT       NOT NULL,
  other_pay_fen   BIGINT       NOT NULL,
  points_e4       BIGINT       NOT NULL,
  gross_fen       BIGINT       NOT NULL,
  due_fen         BIGINT       NOT NULL,
  booked_fen      BIGINT       NOT NULL,
  difference_fen  BIGINT       NOT NULL,
  prepaid_fen     BIGINT       NOT NULL COMMENT 'of due, by the plan''s prepay_ratio: clears the payable, is not added to it',
  withheld_fen    BIGINT       NOT NULL COMMENT 'the rest (质量保证金)',
  state           TINYINT      NOT NULL COMMENT '1 to be released, 2 released: its event is out, 3 in the books',
  journal_lane    SMALLINT     NOT NULL,
  journal_seq     BIGINT       NOT NULL COMMENT 'of settlement''s adjusting entry; 0 = none, or none needed',
  state_us        BIGINT       NOT NULL,
  UNIQUE KEY run (run_id, fixmedins_code, insutype),
  KEY institution (fixmedins_code, period)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Something became true of a settlement after its month was released. Waits for the next run of its pooling area.
CREATE TABLE case_change (
  change_id       BIGINT       NOT NULL PRIMARY KEY,
  setl_id         BIGINT       NOT NULL,
  poolarea        INT          NOT NULL,
  cause           TINYINT      NOT NULL COMMENT '1 reversed, 2 known only afterwards, 3 another version of its list, 4 a ruling',
  ref_id          BIGINT       NOT NULL COMMENT 'the reversal, the list, the petition',
  run_id          BIGINT       NOT NULL COMMENT 'the run that carries it (a dropped one lets it go); 0 = it waits',
  made_us         BIGINT       NOT NULL,
  KEY waiting (poolarea, run_id, setl_id),
  KEY settlement (setl_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How a case is to be paid because somebody ruled so (特例单议, a granted appeal). The last one holds.
CREATE TABLE case_ruling (
  setl_id         BIGINT       NOT NULL PRIMARY KEY,
  poolarea        INT          NOT NULL,
  pay_as          TINYINT      NOT NULL COMMENT '1 special: by its cost, times the plan''s factor; 2 as the group named by drg',
  drg             VARCHAR(16)  CHARACTER SET ascii NOT NULL,
  petition_id     BIGINT       NOT NULL,
  made_us         BIGINT       NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who did what, when: months, runs, petitions, county groups. Rows are added, never changed.
CREATE TABLE trail (
  trail_id        BIGINT       NOT NULL PRIMARY KEY,
  poolarea        INT          NOT NULL,
  subject_kind    TINYINT      NOT NULL COMMENT '1 month, 2 run, 3 petition, 4 county group',
  subject_id      BIGINT       NOT NULL COMMENT 'yyyymm, run_id, petition_id; of a group the run_id',
  at_us           BIGINT       NOT NULL,
  who             VARCHAR(30)  NOT NULL,
  what            VARCHAR(32)  CHARACTER SET ascii NOT NULL COMMENT 'frozen, reopened, closed, dropped, released, filed, seconded, granted, refused, …',
  text            VARCHAR(1000) NOT NULL,
  KEY subject (subject_kind, subject_id, trail_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
