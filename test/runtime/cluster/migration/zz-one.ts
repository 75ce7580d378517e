import { MigrationWorld } from "./migration-world.ts";
import { settle } from "./migration-run.ts";
const seed=Number(process.argv[2]), stepName=process.argv[3]!;
let was=false; const log=console.log;
const world: MigrationWorld = new MigrationWorld(seed,{nodes:3,actors:3,sweeper:"patient",reached:({node,side,step})=>{ log(node.key,side,step); if(side!=="source"||step!==stepName||was) return; was=true; world.kill(target); log("killed",target.key);},
 broken:{send:(f,t,m:any)=>{ if((m.aid??m.item?.aid)===aid) log(f.key,"->",t.key,m.kind,JSON.stringify(m.item?.body?.kind??m.reason)); return [m];}}});
const aid = world.pick(world.actors); const source = world.homeOf(aid)!; const target = world.pick(world.nodes.filter(n=>n!==source));
log(aid, source.key, target.key);
function chatter(count:number){ for(let i=0;i<count;i++){ const node=world.pick(world.living); const actor=[...node.actors.values()][0]; if(actor?.isActive) world.send(node,actor,world.pick(world.actors));
 for (const act of [()=>world.deliverOne(),()=>world.directoryStep()]) { act(); while(world.removalStep()) log("removal"); } if(actor) world.turn(node,actor); while(world.removalStep()) log("removal2"); } }
chatter(30); world.move(source, source.actors.get(aid)!, target); for(let r=0;r<40&&!was;r++) chatter(10); chatter(40); log("settle"); settle(world); log(world.ledger.violation, world.homeOf(aid)?.key, world.directory.get(aid), world.directory.swept);
