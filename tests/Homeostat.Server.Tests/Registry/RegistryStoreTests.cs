using Dapper;
using Homeostat.Core.Services;
using Homeostat.Server.Hosting;
using Homeostat.Server.Registry;
using Homeostat.Testing;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Homeostat.Server.Tests.Registry;

public sealed class RegistryStoreTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    private readonly TempFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "registry.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Store_DraftedRevision_IsTheCurrentOneAfterReopening()
    {
        using (var store = RegistryStore.Open(File))
        {
            store.Store(store.Draft(Specs.Service("blog"), Now));
            store.Store(store.Draft(Specs.Service("shop"), Now));
            store.Store(store.Draft(Specs.Service("blog") with { Port = 9090 }, Now));
        }

        using var again = RegistryStore.Open(File);
        Assert.Equal(["blog@2", "shop@1"], again.List().Select(r => r.Id.ToString()));
        var blog = again.Find(new ServiceName("blog"))!;
        Assert.Equal((9090, Now, ServiceFileWriter.Digest(blog.Spec)), (blog.Spec.Port, blog.CreatedAt, blog.Digest));
        Assert.Equal([2, 1], again.History(new ServiceName("blog")).Select(r => r.Id.Number));
    }

    [Fact]
    public void Draft_SameSpec_IsTheCurrentRevision()
    {
        using var store = RegistryStore.Open(File);
        store.Store(store.Draft(Specs.Service(), Now));

        var draft = store.Draft(Specs.Service(), Now.AddDays(1));
        store.Store(draft);

        Assert.Equal((1, Now), (draft.Id.Number, draft.CreatedAt));
        Assert.Single(store.History(draft.Id.Service));
    }

    [Fact]
    public void Remove_ThenStore_GoesOnCounting()
    {
        using var store = RegistryStore.Open(File);
        var name = new ServiceName("blog");
        store.Store(store.Draft(Specs.Service(), Now));

        Assert.True(store.Remove(name, Now));
        Assert.False(store.Remove(name, Now));
        Assert.Null(store.Find(name));
        Assert.Empty(store.List());
        store.Store(store.Draft(Specs.Service(), Now));

        Assert.Equal(2, store.Find(name)!.Id.Number);
    }

    [Fact]
    public void Store_NotTheNextRevision_IsRefused()
    {
        using var store = RegistryStore.Open(File);
        var (first, second) = (store.Draft(Specs.Service(), Now), store.Draft(Specs.Service() with { Port = 1 }, Now));
        store.Store(first);

        Assert.Throws<InvalidOperationException>(() => store.Store(second));
        Assert.Equal(8080, store.Find(first.Id.Service)!.Spec.Port);
    }

    [Theory]
    [InlineData(RegistryStore.RevisionsMax, 1)]
    [InlineData(RegistryStore.RevisionsMax + 1, 2)]
    public void Store_ManyRevisions_KeepsTheNewest(int revisions, int oldest)
    {
        using var store = RegistryStore.Open(File);
        for (var port = 1; port <= revisions; port++)
        {
            store.Store(store.Draft(Specs.Service() with { Port = port }, Now));
        }

        Assert.Equal(oldest, store.History(new ServiceName("blog"))[^1].Id.Number);
    }

    [Fact]
    public void NextGeneration_AcrossRestarts_OnlyGrows()
    {
        var last = 0L;
        for (var run = 0; run < 3; run++)
        {
            using var store = RegistryStore.Open(File);
            for (var i = 0; i < 3; i++)
            {
                var next = store.NextGeneration().Value;
                Assert.True(next > last, $"{next} after {last}");
                last = next;
            }
        }
    }

    [Fact]
    public void Open_CopyTakenWhileInUse_HasAllThatWasAcknowledged()
    {
        // What a killed process leaves: the files as they are, nothing closed.
        using var store = RegistryStore.Open(File);
        using var copy = new TempFolder();
        for (var port = 1; port <= 20; port++)
        {
            store.Store(store.Draft(Specs.Service() with { Port = port }, Now));
            foreach (var file in Directory.GetFiles(_folder.Path))
            {
                System.IO.File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)), overwrite: true);
            }
            using var crashed = RegistryStore.Open(Path.Combine(copy.Path, "registry.db"));
            Assert.Equal(port, crashed.Find(new ServiceName("blog"))!.Spec.Port);
        }
    }

    [Fact]
    public void Revisions_AreImmutable_InTheFileToo()
    {
        using var store = RegistryStore.Open(File);
        store.Store(store.Draft(Specs.Service(), Now));
        using var other = new SqliteConnection($"Data Source={File};Pooling=False");
        other.Open();

        var refused = Assert.Throws<SqliteException>(() => other.Execute("UPDATE revisions SET spec = '{}'"));
        Assert.Contains("immutable", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NewerSchema_IsRefused()
    {
        RegistryStore.Open(File).Dispose();
        using (var other = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            other.Open();
            other.Execute("PRAGMA user_version = 99");
        }

        var refused = Assert.Throws<PlatformException>(() => RegistryStore.Open(File));
        Assert.Contains("newer version (schema 99", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_DatabaseOfAnotherProgram_IsRefused()
    {
        using (var other = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            SQLitePCL.Batteries_V2.Init();
            other.Open();
            other.Execute("CREATE TABLE theirs (x)");
        }

        Assert.Contains("another program", Assert.Throws<PlatformException>(() => RegistryStore.Open(File)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void Open_DamagedFile_SaysWhatToDo(int at)
    {
        using (var store = RegistryStore.Open(File))
        {
            store.Store(store.Draft(Specs.Service(), Now));
        }
        var bytes = System.IO.File.ReadAllBytes(File);
        bytes.AsSpan(at, 4096).Fill(0x5a);
        System.IO.File.WriteAllBytes(File, bytes);

        var refused = Assert.Throws<PlatformException>(() => RegistryStore.Open(File));
        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
        Assert.Contains("backup", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_UnreadableRevision_NamesIt()
    {
        using var store = RegistryStore.Open(File);
        using (var other = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            other.Open();
            other.Execute("INSERT INTO services VALUES ('x', 'default', 1, 1, 0); INSERT INTO revisions VALUES ('x', 1, 'd', '{\"service\":\"x\"}', 0)");
        }

        Assert.Contains("x@1", Assert.Throws<PlatformException>(() => store.List()).Message, StringComparison.Ordinal);
    }
}
