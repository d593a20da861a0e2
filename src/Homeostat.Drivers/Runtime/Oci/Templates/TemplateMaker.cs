using System.Net.Sockets;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Clones;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Instances;
using Homeostat.Drivers.Runtime.Oci.Keeper;
using Homeostat.Drivers.Runtime.Oci.Readiness;
using Homeostat.Drivers.Runtime.Oci.Tiers;

namespace Homeostat.Drivers.Runtime.Oci.Templates;

/// <summary>
/// Makes the template of a revision from a pristine instance of its own: cold start, warm-up requests, hook, priming, dump, then a trial of two clones.
/// </summary>
/// <remarks>
/// From the priming to the dump the program stands stopped: one draw of random numbers between them would make all clones repeat it. What can't be primed
/// is dumped all the same, which proves that the service's instances can become sleep images.
/// </remarks>
internal sealed class TemplateMaker(OciContext context, Revision revision, CellPlan plan)
{
    /// <summary>Each warm-up path is asked this often: once for what is loaded lazily, again for what is compiled or cached after the first time.</summary>
    private const int WarmupRounds = 3;

    private static readonly TimeSpan WarmupLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PrimePatience = TimeSpan.FromSeconds(5);

    private string Owner => revision.Id.ToString();

    private string LogDirectory => Path.Combine(context.Data.TemplateOf(revision.Id), "logs");

    public async Task<TemplateRecord> MakeAsync(CancellationToken cancel)
    {
        Cell cell;
        try
        {
            cell = await context.Cells.MakeAsync(plan, cancel);
        }
        catch (IOException error)
        {
            return Refused(new Failure(FailureKind.Environment, $"no cell for the template: {error.Message}"), []);
        }

        var kept = false;
        try
        {
            var (record, dump) = await DumpAsync(cell, cancel);
            kept = record is null;
            return record ?? await new CloneTrial(context, revision, plan).RunAsync(cell, dump!, cancel);
        }
        finally
        {
            if (!kept)
            {
                await context.Cells.DestroyAsync(cell);
            }
        }
    }

    /// <summary>A record when it ends here; else the verdict so far, the image in the store and the cell empty.</summary>
    private async Task<(TemplateRecord? Record, TemplateDump? Dump)> DumpAsync(Cell cell, CancellationToken cancel)
    {
        ForgetLogs();
        var environment = NodePreload.AddTo(ProgramEnvironment.Of(revision.Spec, cell.Id));
        var (_, reach, failure) = await ColdStart.RunAsync(
            cell, revision.Spec, environment, new InstanceId(Owner), LogDirectory, new Phases(context.Time), context.Time, cancel);
        failure ??= reach is null ? null : await WarmUpAsync(cell, reach, cancel);
        failure ??= reach is null ? null : await Hooks.BeforeCheckpointAsync(cell, reach, revision.Spec.Checkpoint.BeforeCheckpoint, cancel);
        failure ??= reach is null ? null : ImageTier.InnerConnection("the program", cell, reach.Target.Port);
        if (failure is not null || reach is null)
        {
            return (Refused(failure!, []), null);
        }

        var answer = revision.Spec.Checkpoint.Clones == ClonePolicy.No
            ? new KeeperAnswer(false, "", "not tried", null)
            : await cell.Keeper.PrimeAsync(PrimePatience, cancel);
        var findings = CloneFinding.ParseAll(answer.Findings);
        var verdict = CloneSafety.Judge(
            revision.Spec.Checkpoint.Clones, findings, answer.Ok ? null : answer.Reason, ProcessEnvironment.Of);
        if (cell.Keeper.Exited.IsCompleted)
        {
            return (Refused(new Failure(FailureKind.DumpFailed, $"the program did not survive the priming: {answer.Reason}", "checkpoint: { clones: no } does without clones"), verdict.Lines), null);
        }

        var draft = context.Images!.Begin(ImageKind.Template, Owner, cell.Cgroup.MemoryBytes);
        if (draft is null)
        {
            return (Refused(new Failure(FailureKind.NoSpace, "there is no room for a template image", "raise the limits of images, or remove services"), verdict.Lines), null);
        }

        // Not cancelled: the dump ends the program either way, and its directory is the store's until it is complete or abandoned.
        var dump = await cell.Keeper.DumpAsync(draft.Path, leave: false, CancellationToken.None, ImageTier.WatchedOf(revision.Spec.Workdir));
        if (!dump.Ok)
        {
            ImageStore.Abandon(draft);
            var (why, isLasting) = ImageTier.DumpFailure("the program", dump.Reason, draft);
            return (Refused(why, verdict.Lines) with { State = isLasting ? TemplateState.Refused : TemplateState.None, Lasting = isLasting }, null);
        }

        return (null, new TemplateDump(context.Images.Complete(draft, stopped: answer.Ok), verdict, reach));
    }

    /// <summary>A failure quotes the last lines: those of this try, not of earlier ones.</summary>
    private void ForgetLogs()
    {
        if (Directory.Exists(LogDirectory))
        {
            Directory.Delete(LogDirectory, recursive: true);
        }
    }

    private async Task<Failure?> WarmUpAsync(Cell cell, Reach reach, CancellationToken cancel)
    {
        foreach (var path in Enumerable.Repeat(revision.Spec.Checkpoint.Warmup, WarmupRounds).SelectMany(paths => paths))
        {
            try
            {
                await PlainHttp.SendAsync(cell.Netns, reach, "GET", path, [], WarmupLimit, cancel);
            }
            catch (SocketException error)
            {
                return new Failure(FailureKind.DumpFailed, $"the warm-up request GET {path} failed: {error.Message}", "correct checkpoint.warmup");
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return new Failure(
                    FailureKind.DumpFailed, $"the warm-up request GET {path} took longer than {WarmupLimit.TotalSeconds:0} s", "correct checkpoint.warmup");
            }
        }

        return null;
    }

    private TemplateRecord Refused(Failure reason, IReadOnlyList<string> findings) =>
        new(context.Boot, TemplateState.Refused, ClonesAllowed: false, reason, findings, Stopped: false, Reach: null);
}

/// <summary>A dumped template before its trial.</summary>
internal sealed record TemplateDump(StoredImage Image, CloneVerdict Verdict, Reach Reach);
