using Homeostat.Drivers.Runtime.Oci.Images;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Images;

public sealed class ImageStoreTests : IDisposable
{
    private static readonly ImageStamp Host = new("6.18", "boot-1", "criu-1", "cpu-1");

    private readonly string _root = Directory.CreateTempSubdirectory("images-").FullName;

    private ImageStoreOptions Options => new()
    {
        MemoryRoot = Path.Combine(_root, "memory"),
        DiskRoot = Path.Combine(_root, "disk"),
        MemoryBytesMax = 10_000,
        DiskBytesMax = 20_000,
    };

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Complete_Draft_IsFoundWithItsRecordAndPrivate()
    {
        var store = Store();
        Make(store, ImageKind.Sleep, "i1", 1000, stopped: true);

        var found = store.Find(ImageKind.Sleep, "i1").Image!;
        Assert.Equal((true, true, "i1", 1000L), (found.InMemory, found.Record.Stopped, found.Record.Owner, found.Record.Bytes));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(found.Path));
        Assert.Null(store.Find(ImageKind.Template, "i1").Image);
    }

    [Fact]
    public void Find_Draft_IsNotAnImage()
    {
        var store = Store();
        store.Begin(ImageKind.Sleep, "i1", 10);
        Assert.Equal("there is no image", store.Find(ImageKind.Sleep, "i1").Why);
    }

    [Fact]
    public void Complete_Again_ReplacesTheOlderOneWhereverItLay()
    {
        var store = Store();
        Make(store, ImageKind.Template, "r1", 1000);
        Make(store, ImageKind.Template, "r1", 12_000);
        var found = store.Find(ImageKind.Template, "r1").Image!;
        Assert.Equal((false, 12_000L), (found.InMemory, found.Record.Bytes));
        Assert.Equal(0, store.Usage().Memory);
    }

    [Theory]
    [InlineData("boot-2", "6.18", "criu-1", "cpu-1", "restarted")]
    [InlineData("boot-1", "6.19", "criu-1", "cpu-1", "kernel")]
    [InlineData("boot-1", "6.18", "criu-2", "cpu-1", "criu")]
    [InlineData("boot-1", "6.18", "criu-1", "cpu-2", "processor")]
    public void Find_OfAnotherHost_TellsWhyAndRemovesIt(string boot, string kernel, string criu, string cpu, string why)
    {
        Make(Store(), ImageKind.Template, "r1", 100);
        var later = new ImageStore(Options, new ImageStamp(kernel, boot, criu, cpu), TimeProvider.System);
        Assert.Contains(why, later.Find(ImageKind.Template, "r1").Why);
        Assert.Equal("there is no image", later.Find(ImageKind.Template, "r1").Why);
    }

    [Fact]
    public void MoveToDiskAndBack_KeepsWhatIsKnownOfAnImage()
    {
        var store = Store();
        Make(store, ImageKind.Sleep, "i1", 1000, stopped: true);
        Make(store, ImageKind.Template, "r1", 2000);
        List<string> told = [];

        store.MoveToDisk(image => told.Add(image.Record.Owner), default);

        Assert.Equal(["i1", "r1"], told);
        Assert.Equal((0L, true), (store.Usage().Memory, store.Find(ImageKind.Sleep, "i1").Image?.InMemory == false));
        var later = Store();
        later.MoveToMemory(default);
        Assert.Equal((0L, true, true), (later.Usage().Disk, later.Find(ImageKind.Sleep, "i1").Image is { InMemory: true, Record.Stopped: true }, later.Find(ImageKind.Template, "r1").Image is { InMemory: true }));
    }

    [Fact]
    public void MoveToDisk_WithoutRoom_GivesUpTemplates_AndLosesNoSleepImage()
    {
        var store = new ImageStore(Options with { DiskBytesMax = 1500 }, Host, TimeProvider.System);
        Make(store, ImageKind.Sleep, "i1", 100);
        Make(store, ImageKind.Template, "r1", 2000);
        store.MoveToDisk(_ => { }, default);
        Assert.Equal((true, false), (store.Find(ImageKind.Sleep, "i1").Image is not null, store.Find(ImageKind.Template, "r1").Image is not null));

        Make(store, ImageKind.Sleep, "i2", 3000);
        Assert.Throws<IOException>(() => store.MoveToDisk(_ => { }, default));
        Assert.True(store.Find(ImageKind.Sleep, "i2").Image is { InMemory: true });
    }

    /// <summary>Else the one that is left would be restored after the other one was.</summary>
    [Fact]
    public void MoveToMemory_AfterAMoveThatWasCutOff_LeavesOneOfBoth()
    {
        var store = Store();
        var image = Make(store, ImageKind.Sleep, "i1", 1000);
        var copy = Path.Combine(Options.DiskRoot, Path.GetFileName(image.Path));
        Directory.CreateDirectory(copy);
        ImageFiles.Copy(image.Path, copy, default);

        Store().MoveToMemory(default);

        Assert.Equal((false, true), (Directory.Exists(copy), Directory.Exists(image.Path)));
    }

    [Fact]
    public void MoveToMemory_OfAnotherBootOrBeyondTheBudget_StaysOnDisk()
    {
        var store = Store();
        Make(store, ImageKind.Sleep, "i1", 6000);
        store.MoveToDisk(_ => { }, default);
        new ImageStore(Options, Host with { BootId = "boot-2" }, TimeProvider.System).MoveToMemory(default);
        Assert.Equal(0, store.Usage().Memory);

        Make(store, ImageKind.Sleep, "i2", 6000);
        store.MoveToMemory(default);
        Assert.True(store.Find(ImageKind.Sleep, "i1").Image is { InMemory: false });
    }

    [Fact]
    public void Find_DamagedFile_TellsWhyAndRemovesIt()
    {
        var store = Store();
        var path = Make(store, ImageKind.Sleep, "i1", 1000).Path;
        File.WriteAllBytes(Path.Combine(path, "pages-1.img"), new byte[999]);
        Assert.Contains("999 instead of 1000", store.Find(ImageKind.Sleep, "i1").Why);
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void Find_OverwrittenFileOfTheSameSize_TellsWhyAndRemovesIt()
    {
        var store = Store();
        var image = Make(store, ImageKind.Template, "r1", 1000);
        Assert.Null(ImageStore.WhyNot(image));
        var pages = Path.Combine(image.Path, "pages-1.img");
        // A write within the file system's clock tick of the first would not be seen; a person is slower.
        File.SetLastWriteTimeUtc(pages, File.GetLastWriteTimeUtc(pages).AddTicks(1));
        Assert.Contains("changed on disk", ImageStore.WhyNot(image));
        Assert.Contains("pages-1.img was written to", store.Find(ImageKind.Template, "r1").Why);
        Assert.False(Directory.Exists(image.Path));
    }

    [Fact]
    public void WhyNot_OfAPreparedImage_LooksWhereItWasMovedTo()
    {
        var store = Store();
        var image = Make(store, ImageKind.Sleep, "i1", 1000);
        var prepared = ImageStore.Prepared(image, "cell");
        Assert.Contains("missing", ImageStore.WhyNot(prepared));
        Directory.CreateDirectory(Path.GetDirectoryName(prepared.Path)!);
        Directory.Move(image.Path, prepared.Path);
        Assert.Null(ImageStore.WhyNot(prepared));
        Assert.Equal((prepared.Path, 1000), (store.FindPrepared("cell")!.Path, store.FindPrepared("cell")!.Record.Bytes));
        Assert.Null(store.FindPrepared("other"));
    }

    [Theory]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public void Begin_AtTheMemoryLimitAndOnePast_GoesToMemoryThenDisk(long bytes, bool inMemory) =>
        Assert.Equal(inMemory, Store().Begin(ImageKind.Sleep, "i1", bytes)!.InMemory);

    [Fact]
    public void Begin_DiskFull_RemovesTheOldestTemplatesButNeverSleepImages()
    {
        var store = Store();
        Make(store, ImageKind.Template, "old", 11_000);
        Make(store, ImageKind.Sleep, "asleep", 12_000);
        Assert.Null(store.Find(ImageKind.Template, "old").Image);
        Assert.Null(store.Begin(ImageKind.Template, "new", 15_000));
        Assert.NotNull(store.Find(ImageKind.Sleep, "asleep").Image);
    }

    [Fact]
    public void Collect_AfterAKill_KeepsWhatIsClaimedAndLiving()
    {
        var store = Store();
        Make(store, ImageKind.Sleep, "mine", 100);
        Make(store, ImageKind.Sleep, "gone", 200);
        store.Begin(ImageKind.Sleep, "half", 10);
        foreach (var cell in (string[])["dead", "alive"])
        {
            var slot = Directory.CreateDirectory(Path.Combine(Options.MemoryRoot!, "cells", cell, "image")).FullName;
            File.WriteAllBytes(Path.Combine(slot, "pages-1.img"), new byte[50]);
        }

        var freed = store.Collect((_, owner) => owner == "mine", new HashSet<string> { "alive" });
        Assert.InRange(freed, 250, 5000);
        Assert.NotNull(store.Find(ImageKind.Sleep, "mine").Image);
        Assert.Equal(["cells", "sleep.mine"], Directory.GetDirectories(Options.MemoryRoot!).Select(Path.GetFileName).Order());
        Assert.Equal(["alive"], Directory.GetDirectories(Path.Combine(Options.MemoryRoot!, "cells")).Select(Path.GetFileName));
    }

    [Fact]
    public void OfHost_Twice_IsTheSame()
    {
        var self = Environment.ProcessPath!;
        Assert.Equal(ImageStamp.OfHost(self), ImageStamp.OfHost(self));
    }

    private static StoredImage Make(ImageStore store, ImageKind kind, string owner, int bytes, bool stopped = false)
    {
        var draft = store.Begin(kind, owner, bytes)!;
        File.WriteAllBytes(Path.Combine(draft.Path, "pages-1.img"), new byte[bytes]);
        return store.Complete(draft, stopped);
    }

    private ImageStore Store() => new(Options, Host, TimeProvider.System);
}
