import CLibPQ

/// The rows that a statement answered with.
///
/// A collection of ``Row``. It owns libpq's memory and frees it (`PQclear`) with the last reference; a row keeps it.
/// All values came in PostgreSQL's text form.
///
/// Follows [`PGresult`](https://www.postgresql.org/docs/15/libpq-exec.html).
public final class QueryResult: @unchecked Sendable {  // A PGresult never changes once libpq has handed it out.
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    /// The names of the columns, in order.
    public var columns: [String] {
        (0..<PQnfields(pointer)).map { String(cString: PQfname(pointer, $0)) }
    }

    /// The command's tag, for instance "SELECT 3" (`PQcmdStatus`).
    var commandTag: String {
        String(cString: PQcmdStatus(pointer))
    }

    var status: ExecStatusType {
        PQresultStatus(pointer)
    }
}

extension QueryResult: RandomAccessCollection {
    /// 0.
    public var startIndex: Int { 0 }

    /// The number of rows.
    public var endIndex: Int { Int(PQntuples(pointer)) }

    /// The row at an index from 0 to below `count`; outside of it the process stops, as with an array.
    public subscript(position: Int) -> Row {
        precondition(indices.contains(position), "row \(position) of \(count)")
        return Row(result: self, index: Int32(position))
    }
}
