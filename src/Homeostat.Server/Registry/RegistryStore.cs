using Dapper;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Contract;
using Homeostat.Server.Hosting;
using Microsoft.Data.Sqlite;

namespace Homeostat.Server.Registry;

/// <summary>
/// Services and their revisions, durable: what a method has returned survives <c>kill -9</c> and power loss (SQLite, WAL, synchronous FULL).
/// Synchronous, safe for concurrent use; a write takes as long as the disk's flush. One platform has it open (<see cref="DataFolder"/>).
/// </summary>
internal sealed class RegistryStore : IDisposable
{
    /// <summary>Revisions kept per service, the current one included.</summary>
    public const int RevisionsMax = 50;

    /// <summary>Generations taken from the file at once: one write serves this many plans.</summary>
    private const long GenerationBlock = 1_000_000;

    private readonly Lock _lock = new();
    private readonly SqliteConnection _database;
    private readonly string _file;
    private long _generation;
    private long _generationEnd;

    private RegistryStore(string file, SqliteConnection database) => (_file, _database) = (file, database);

    /// <summary>Opens the registry, makes it when absent, brings its schema up to date.</summary>
    /// <exception cref="PlatformException">Damaged, newer than this program, or not writable.</exception>
    public static RegistryStore Open(string file)
    {
        SQLitePCL.Batteries_V2.Init();
        var database = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        try
        {
            database.Open();
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            database.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000");
            if (database.ExecuteScalar<string>("PRAGMA quick_check(1)") is not "ok")
            {
                throw Damaged(file, null);
            }
            RegistrySchema.Migrate(database, file);
            return new RegistryStore(file, database);
        }
        catch (SqliteException e)
        {
            database.Dispose();
            throw e.SqliteErrorCode is 11 or 26
                ? Damaged(file, e)
                : new PlatformException($"the registry {file} cannot be opened: {e.Message.TrimEnd('.')}", "See that the file and its folder can be written and the disk is not full.", e);
        }
        catch (PlatformException)
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>All services with their current revision, by name.</summary>
    public IReadOnlyList<Revision> List()
    {
        lock (_lock)
        {
            const string sql = "SELECT r.* FROM services s JOIN revisions r ON r.service = s.name AND r.number = s.revision ORDER BY s.name";
            return [.. _database.Query<RevisionRow>(sql).Select(Read)];
        }
    }

    /// <summary>The current revision of a service, or null.</summary>
    public Revision? Find(ServiceName service)
    {
        lock (_lock)
        {
            const string sql = "SELECT r.* FROM services s JOIN revisions r ON r.service = s.name AND r.number = s.revision WHERE s.name = @name";
            return _database.QuerySingleOrDefault<RevisionRow>(sql, new { name = service.Value }) is { } row ? Read(row) : null;
        }
    }

    /// <summary>Revisions that are kept, newest first; also of a removed service.</summary>
    public IReadOnlyList<Revision> History(ServiceName service)
    {
        lock (_lock)
        {
            const string sql = "SELECT * FROM revisions WHERE service = @name ORDER BY number DESC";
            return [.. _database.Query<RevisionRow>(sql, new { name = service.Value }).Select(Read)];
        }
    }

    /// <summary>
    /// The revision that storing this spec would make, or the current one when it is the same spec. Changes nothing;
    /// <see cref="Store"/> makes it durable.
    /// </summary>
    public Revision Draft(ServiceSpec spec, DateTimeOffset now)
    {
        var digest = ServiceFileWriter.Digest(spec);
        lock (_lock)
        {
            if (Find(spec.Service) is { } current && current.Digest == digest)
            {
                return current;
            }
            var last = _database.ExecuteScalar<int?>("SELECT last_revision FROM services WHERE name = @name", new { name = spec.Service.Value });
            return new Revision(new RevisionId(spec.Service, (last ?? 0) + 1), spec, digest, now);
        }
    }

    /// <summary>Makes a drafted revision the current one. Durable on return. Storing the current one again changes nothing.</summary>
    /// <exception cref="InvalidOperationException">Another revision was stored since the draft.</exception>
    public void Store(Revision revision)
    {
        lock (_lock)
        {
            if (Find(revision.Id.Service) is { } current && (current.Id, current.Digest) == (revision.Id, revision.Digest))
            {
                return;
            }
            using var transaction = _database.BeginTransaction();
            var row = RevisionRow.Of(revision);
            const string upsert = """
                INSERT INTO services (name, tenant, revision, last_revision, changed_at) VALUES (@service, @tenant, @number, @number, @created_at)
                ON CONFLICT (name) DO UPDATE SET tenant = @tenant, revision = @number, last_revision = @number, changed_at = @created_at
                WHERE last_revision = @number - 1
                """;
            var parameters = new { row.service, tenant = revision.Spec.Tenant.Value, row.number, row.digest, row.spec, row.created_at, oldest = row.number - RevisionsMax };
            if (_database.Execute(upsert, parameters, transaction) != 1)
            {
                throw new InvalidOperationException($"{revision.Id} is not the next revision");
            }
            _database.Execute("INSERT INTO revisions (service, number, digest, spec, created_at) VALUES (@service, @number, @digest, @spec, @created_at)", parameters, transaction);
            _database.Execute("DELETE FROM revisions WHERE service = @service AND number <= @oldest", parameters, transaction);
            transaction.Commit();
        }
    }

    /// <summary>Removes a service; durable on return. False: there is none.</summary>
    public bool Remove(ServiceName service, DateTimeOffset now)
    {
        lock (_lock)
        {
            const string sql = "UPDATE services SET revision = NULL, changed_at = @at WHERE name = @name AND revision IS NOT NULL";
            return _database.Execute(sql, new { name = service.Value, at = now.ToUnixTimeMilliseconds() }) == 1;
        }
    }

    /// <summary>A generation larger than every earlier one, those of earlier runs included.</summary>
    public Generation NextGeneration()
    {
        lock (_lock)
        {
            if (_generation >= _generationEnd)
            {
                _generationEnd = _database.ExecuteScalar<long>("UPDATE counters SET value = value + @block WHERE name = 'generation' RETURNING value", new { block = GenerationBlock });
                _generation = _generationEnd - GenerationBlock;
            }
            return new Generation(++_generation);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _database.Dispose();
        }
    }

    private Revision Read(RevisionRow row)
    {
        var result = ServiceFileParser.Parse(row.spec, null);
        return result.Spec is { } spec
            ? new Revision(new RevisionId(new ServiceName(row.service), (int)row.number), spec, row.digest, DateTimeOffset.FromUnixTimeMilliseconds(row.created_at))
            : throw new PlatformException(
                $"revision {row.service}@{row.number} in {_file} cannot be read: {result.Errors[0].Message}",
                "It was written by another version or changed by hand. Run the version that wrote it, remove the service and apply its file again.");
    }

    private static PlatformException Damaged(string file, Exception? cause) => new(
        $"the registry {file} is damaged",
        $"Restore it from a backup; or move it away (mv {file} {file}.damaged) and apply your service files again.",
        cause);
}
