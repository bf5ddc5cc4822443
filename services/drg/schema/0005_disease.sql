-- Under a DIP plan a case has a disease where another has a group. A replica of the release before writes shorter texts and goes on.
ALTER TABLE run_case
  MODIFY drg VARCHAR(255) CHARACTER SET ascii NOT NULL COMMENT 'group; under a DIP plan the disease, empty = in none; a code beyond 255 bytes is cut';
