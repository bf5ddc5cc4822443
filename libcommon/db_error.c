/* What MariaDB's numbers mean for us. */
#include <mariadb/errmsg.h>
#include <mariadb/mysqld_error.h>
#include <string.h>

#include "db_impl.h"

bool yb_db_ends_connection(unsigned number)
{
    switch (number) {
    case ER_SERVER_SHUTDOWN: case ER_CONNECTION_KILLED: case ER_NET_PACKET_TOO_LARGE: case ER_NET_READ_ERROR:
    case ER_NET_READ_ERROR_FROM_PIPE: case ER_NET_FCNTL_ERROR: case ER_NET_PACKETS_OUT_OF_ORDER:
    case ER_NET_UNCOMPRESS_ERROR: case ER_NET_READ_INTERRUPTED: case ER_NET_ERROR_ON_WRITE:
    case ER_NET_WRITE_INTERRUPTED: case ER_ABORTING_CONNECTION: case ER_NEW_ABORTING_CONNECTION:
    case ER_OPTION_PREVENTS_STATEMENT: case ER_READ_ONLY_MODE: case ER_UNKNOWN_COM_ERROR:
        return true; /* the last three: a standby, or a node outside its cluster; another host may do */
    case CR_OUT_OF_MEMORY: case CR_NO_PREPARE_STMT: case CR_PARAMS_NOT_BOUND: case CR_INVALID_PARAMETER_NO:
    case CR_INVALID_BUFFER_USE: case CR_UNSUPPORTED_PARAM_TYPE: case CR_NEW_STMT_METADATA:
        return false;
    default:                           /* the connector's own numbers */
        return (number >= 2000 && number <= 2999) || (number >= 5000 && number <= 5999);
    }
}

yb_err_t yb_db_error_of(unsigned number, const char *message)
{
    switch (number) {
    case ER_LOCK_DEADLOCK: case ER_LOCK_WAIT_TIMEOUT: case ER_CHECKREAD:
    case ER_QUERY_INTERRUPTED:         /* by another node's write, which goes first */
        return YB_E_DB_CONFLICT;
    case ER_DUP_ENTRY: case ER_DUP_ENTRY_WITH_KEY_NAME:
        return YB_E_DB_DUPLICATE;
    case ER_DISK_FULL: case ER_RECORD_FILE_FULL:
        return YB_E_DB_FULL;
    case ER_GET_ERRNO:
    case ER_ERROR_ON_WRITE:
    case ER_ERROR_DURING_COMMIT: /* "Got error 28 …": ENOSPC */
        return strstr(message, "rror 28") != NULL || strstr(message, "rrcode: 28") != NULL ? YB_E_DB_FULL
                                                                                           : YB_E_DB_ERROR;
    case ER_STATEMENT_TIMEOUT: case 3024:
        return YB_E_DEADLINE;
    case ER_CON_COUNT_ERROR: case ER_TOO_MANY_USER_CONNECTIONS: case ER_HOST_IS_BLOCKED:
        return YB_E_DB_GONE;
    case ER_NET_PACKET_TOO_LARGE:
        return YB_E_DB_ERROR;          /* trying again would not help */
    default:
        return yb_db_ends_connection(number) ? YB_E_DB_GONE : YB_E_DB_ERROR;
    }
}

bool yb_db_quotes_values(unsigned number)
{
    return number == ER_DUP_ENTRY || number == ER_DUP_ENTRY_WITH_KEY_NAME ||
           number == ER_DUP_UNKNOWN_IN_INDEX || number == ER_TRUNCATED_WRONG_VALUE ||
           number == ER_TRUNCATED_WRONG_VALUE_FOR_FIELD || number == ER_WRONG_VALUE ||
           number == ER_WRONG_VALUE_FOR_TYPE || number == ER_NO_PARTITION_FOR_GIVEN_VALUE ||
           number == ER_ROW_IS_REFERENCED_2 || number == ER_INVALID_CHARACTER_STRING;
}
