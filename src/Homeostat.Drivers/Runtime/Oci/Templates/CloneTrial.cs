using Homeostat.Core.Runtime;
using Homeostat.Core.Services;
using Homeostat.Drivers.Runtime.Oci.Cells;
using Homeostat.Drivers.Runtime.Oci.Clones;
using Homeostat.Drivers.Runtime.Oci.Images;
using Homeostat.Drivers.Runtime.Oci.Instances;

namespace Homeostat.Drivers.Runtime.Oci.Templates;

/// <summary>
/// Tries a template: it must restore, and two clones must draw different random numbers. Where clones are refused one restore is enough, and the image is
/// given up: it has proved that dumps work.
/// </summary>
internal sealed class CloneTrial(OciContext context, Revision revision, CellPlan plan)
{
    private readonly string _upper = TemplateUppers.NewName();

    private string Owner => revision.Id.ToString();

    /// <param name="cell">The template's own cell, empty now; destroyed here. What it wrote becomes a layer of each clone's root.</param>
    public async Task<TemplateRecord> RunAsync(Cell cell, TemplateDump dump, CancellationToken cancel)
    {
        var upper = TemplateUppers.PathOf(context.Data, revision.Id, _upper);
        await context.Cells.DestroyAsync(cell, keepUpperAs: upper);
        var verdict = dump.Verdict;
        try
        {
            List<IReadOnlyList<CloneFinding>> draws = [];
            for (var clone = 0; clone < (verdict.Allowed ? 2 : 1); clone++)
            {
                var (drawn, failure) = await DrawAsync(dump.Image, upper, verdict.Allowed, cancel);
                if (failure is not null)
                {
                    // A clone that can't be examined is one that must not be made; that it was restored is proof enough for sleep images.
                    var state = failure.Kind == FailureKind.RestoreFailed ? TemplateState.Refused : TemplateState.Ready;
                    return Give(state, new CloneVerdict(false, failure.Message, verdict.Lines), dump, failure);
                }

                draws.Add(drawn);
            }

            verdict = verdict.Allowed ? CloneSafety.WithTrial(verdict, revision.Spec.Checkpoint.Clones, draws[0], draws[1]) : verdict;
            return Give(TemplateState.Ready, verdict, dump, null);
        }
        catch (IOException error)
        {
            return Give(TemplateState.Refused, verdict with { Allowed = false }, dump, new Failure(FailureKind.Environment, error.Message));
        }
        catch
        {
            context.Images!.Remove(ImageKind.Template, Owner);
            throw;
        }
    }

    private async Task<(IReadOnlyList<CloneFinding> Drawn, Failure? Failure)> DrawAsync(
        StoredImage image, string upper, bool draw, CancellationToken cancel)
    {
        var cell = await context.Cells.MakeAsync(plan.Over(upper), cancel);
        try
        {
            var logs = Path.Combine(context.Data.TemplateOf(revision.Id), "logs");
            var answer = await cell.Keeper.RestoreAsync(image.Path, consume: false, park: false, logs, cancel, image.Record.Stopped);
            if (!answer.Ok)
            {
                return ([], new Failure(FailureKind.RestoreFailed, $"the template could not be restored: {CriuReason.OfRestore(answer.Reason)}", "checkpoint: { mode: off } does without"));
            }

            if (!draw)
            {
                return ([], null);
            }

            // A program without OpenSSL has nothing to draw from: that is an answer without findings.
            var drawn = await cell.Keeper.DrawAsync(cancel);
            return drawn.Ok
                ? (CloneFinding.ParseAll(drawn.Findings), null)
                : ([], new Failure(FailureKind.NotSupported, $"the trial of a clone failed: {drawn.Reason}", "checkpoint: { clones: no } does without clones"));
        }
        finally
        {
            await context.Cells.DestroyAsync(cell);
        }
    }

    private TemplateRecord Give(TemplateState state, CloneVerdict verdict, TemplateDump dump, Failure? failure)
    {
        if (!verdict.Allowed)
        {
            context.Images!.Remove(ImageKind.Template, Owner);
        }

        var reason = failure
            ?? (verdict.Allowed ? null : new Failure(FailureKind.NotSupported, verdict.Reason, "checkpoint: { clones: yes } if repeating them does no harm"));
        return new TemplateRecord(
            context.Boot, state, verdict.Allowed, reason, verdict.Lines, dump.Image.Record.Stopped, ReachState.Of(dump.Reach), Upper: verdict.Allowed ? _upper : null);
    }
}
