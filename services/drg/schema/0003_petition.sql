-- What hospitals ask for a case: special negotiation (特例单议), an appeal of its group, an appeal of its payment. Units as in 0001.

CREATE TABLE petition (
  petition_id     BIGINT       NOT NULL PRIMARY KEY,
  setl_id         BIGINT       NOT NULL,
  poolarea        INT          NOT NULL COMMENT 'of the settlement, as the next two',
  setl_ym         INT          NOT NULL COMMENT 'yyyymm',
  fixmedins_code  VARCHAR(12)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind            TINYINT      NOT NULL COMMENT '1 special, 2 appeal of the group, 3 appeal of the payment',
  state           TINYINT      NOT NULL COMMENT '1 filed, 2 decided by the first person, 3 granted, 4 refused',
  reason          VARCHAR(1000) NOT NULL,
  wanted          TINYINT      NOT NULL COMMENT 'remedy: 0 none, 1 special, 2 group, 3 the list may be replaced',
  wanted_drg      VARCHAR(16)  CHARACTER SET ascii NOT NULL,
  filed_us        BIGINT       NOT NULL,
  filed_by        VARCHAR(30)  NOT NULL,
  deadline_day    INT          NOT NULL COMMENT 'up to which it could be filed, 0 = none was set',
  grants          TINYINT      NOT NULL COMMENT 'the decision, as the next seven; state 2: what the first person says',
  remedy          TINYINT      NOT NULL,
  drg             VARCHAR(16)  CHARACTER SET ascii NOT NULL COMMENT 'of remedy 2',
  list_days       INT          NOT NULL COMMENT 'of remedy 3: for how many days from the decision on',
  until_day       INT          NOT NULL COMMENT 'of remedy 3, once it is decided',
  answer          VARCHAR(1000) NOT NULL,
  proposed_by     VARCHAR(30)  NOT NULL,
  proposed_us     BIGINT       NOT NULL,
  decided_by      VARCHAR(30)  NOT NULL,
  decided_us      BIGINT       NOT NULL,
  KEY settlement (setl_id, kind),
  KEY month (poolarea, setl_ym, fixmedins_code, kind, state),
  KEY institution (fixmedins_code, petition_id),
  KEY state (state, petition_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A list that never came may be let in after the freeze, too: there is no row of it to say so yet.
ALTER TABLE settlement
  ADD COLUMN reopened_day INT NOT NULL DEFAULT 0 COMMENT 'its list may come up to this day though its month is frozen; 0 = not';
